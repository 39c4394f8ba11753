package schema

import "encoding/json"

// dumpRecords are what dump writes: each is told by its "record".
func dumpRecords() []any {
	return []any{
		dumpHeader{}, dumpAux{}, dumpFunction{}, dumpModuleAux{}, dumpDatabase{}, dumpDatabaseSize{},
		dumpSlotInfo{}, dumpSlotImport{}, dumpHashTemplate{}, dumpUpdate{}, dumpAttribute{}, dumpKey{},
		dumpEnd{}, dumpDamage{}, dumpCommand{}, dumpLink{}, dumpLinkEnd{}, dumpNote{},
	}
}

// dumpPlace is where a record is; link is that whose payload it is in.
type dumpPlace struct {
	Link  int    `json:"link,omitempty"`
	Byte  int64  `json:"byte"`
	Bytes *int64 `json:"bytes"`
}

type dumpHeader struct {
	Record  string `json:"record" schema:"header"`
	Schema  string `json:"schema,omitempty"`
	Path    string `json:"path,omitempty"`
	Magic   string `json:"magic,omitempty"`
	Version int    `json:"version,omitempty"`
	Link    int    `json:"link,omitempty"`
	Byte    int64  `json:"byte,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
}

type dumpAux struct {
	Record string          `json:"record" schema:"aux"`
	Key    json.RawMessage `json:"key"`
	Value  json.RawMessage `json:"value"`
	dumpPlace
}

type dumpFunction struct {
	Record string          `json:"record" schema:"function"`
	Name   json.RawMessage `json:"name"`
	Engine json.RawMessage `json:"engine"`
	Code   json.RawMessage `json:"code"`
	dumpPlace
}

type dumpModuleAux struct {
	Record string          `json:"record" schema:"module-aux"`
	Module json.RawMessage `json:"module"`
	When   string          `json:"when"`
	dumpPlace
}

type dumpDatabase struct {
	Record string `json:"record" schema:"database"`
	DB     int    `json:"db"`
	dumpPlace
}

type dumpDatabaseSize struct {
	Record  string `json:"record" schema:"database-size"`
	DB      *int   `json:"db"`
	Keys    uint64 `json:"keys"`
	Expires uint64 `json:"expires"`
	dumpPlace
}

type dumpSlotInfo struct {
	Record  string `json:"record" schema:"slot-info"`
	Slot    uint64 `json:"slot"`
	Keys    uint64 `json:"keys"`
	Expires uint64 `json:"expires"`
	dumpPlace
}

type dumpSlotImport struct {
	Record string          `json:"record" schema:"slot-import"`
	Job    json.RawMessage `json:"job"`
	dumpPlace
}

type dumpHashTemplate struct {
	Record string `json:"record" schema:"hash-template"`
	ID     uint64 `json:"id"`
	Fields uint64 `json:"fields"`
	dumpPlace
}

type dumpUpdate struct {
	Record string          `json:"record" schema:"update"`
	RESP   json.RawMessage `json:"resp"`
	dumpPlace
}

type dumpAttribute struct {
	Record string `json:"record" schema:"attribute"`
	dumpPlace
}

// dumpKey: elements, bytes and memory are absent where the value broke off, which
// incomplete says. What value is depends on the type.
type dumpKey struct {
	Record     string          `json:"record" schema:"key"`
	Link       int             `json:"link,omitempty"`
	DB         *int            `json:"db"`
	Key        json.RawMessage `json:"key"`
	Type       string          `json:"type" schema:"string|list|set|zset|hash|stream|array|vectorset|module"`
	Encoding   string          `json:"encoding,omitempty"`
	Byte       int64           `json:"byte"`
	ExpireAt   string          `json:"expire_at,omitempty"`
	Expired    bool            `json:"expired,omitempty"`
	Idle       int64           `json:"idle_seconds,omitempty"`
	LFU        int             `json:"lfu,omitempty"`
	Slot       int             `json:"slot,omitempty"`
	Value      any             `json:"value,omitempty"`
	Elements   *int64          `json:"elements,omitempty"`
	Bytes      int64           `json:"bytes,omitempty"`
	Memory     *int64          `json:"memory,omitempty"`
	Incomplete bool            `json:"incomplete,omitempty"`
}

type dumpChecksum struct {
	Status   string `json:"status" schema:"valid|invalid|disabled|absent|unread"`
	Stored   string `json:"stored,omitempty"`
	Computed string `json:"computed,omitempty"`
}

// dumpEnd is of one file where the input is a set.
type dumpEnd struct {
	Record   string        `json:"record" schema:"end"`
	File     any           `json:"file,omitempty"`
	Checksum *dumpChecksum `json:"checksum,omitempty"`
	SHA256   string        `json:"sha256,omitempty"`
	Link     int           `json:"link,omitempty"`
	Byte     int64         `json:"byte,omitempty"`
	Bytes    int64         `json:"bytes,omitempty"`
}

// dumpResumed says where reading went on behind damage.
type dumpResumed struct {
	Tried int  `json:"records_tried"`
	ToEnd bool `json:"to_end"`
}

type dumpDamage struct {
	Record    string          `json:"record" schema:"damage"`
	Link      int             `json:"link,omitempty"`
	End       string          `json:"end" schema:"truncated|damaged|unsupported"`
	Message   string          `json:"message,omitempty"`
	Text      json.RawMessage `json:"text,omitempty"`
	ErrorByte int64           `json:"error_byte,omitempty"`
	DB        *int            `json:"db,omitempty"`
	Key       json.RawMessage `json:"key,omitempty"`
	Byte      int64           `json:"byte,omitempty"`
	Bytes     *int64          `json:"bytes,omitempty"`
	Offset    *int64          `json:"offset,omitempty"`
	EndOffset *int64          `json:"end_offset,omitempty"`
	Packet    int64           `json:"packet,omitempty"`
	Time      string          `json:"time,omitempty"`
	EndTime   string          `json:"end_time,omitempty"`
	Count     int64           `json:"count,omitempty"`
	Resumed   *dumpResumed    `json:"resumed,omitempty"`
}

type dumpClient struct {
	Addr *string         `json:"addr"`
	Name json.RawMessage `json:"name,omitempty"`
	User json.RawMessage `json:"user,omitempty"`
	ID   int64           `json:"id,omitempty"`
}

// dumpCommand is one of a stream, or of an ordinary client, whose client it has
// and no offset.
type dumpCommand struct {
	Record      string            `json:"record" schema:"command"`
	Client      *dumpClient       `json:"client,omitempty"`
	To          string            `json:"to,omitempty"`
	Link        int               `json:"link,omitempty"`
	Offset      *int64            `json:"offset,omitempty"`
	EndOffset   *int64            `json:"end_offset,omitempty"`
	Byte        int64             `json:"byte"`
	Bytes       int64             `json:"bytes"`
	Packet      int64             `json:"packet,omitempty"`
	DB          *int              `json:"db"`
	Time        string            `json:"time,omitempty"`
	Transaction int               `json:"transaction,omitempty"`
	Scripted    bool              `json:"scripted,omitempty"`
	Args        []json.RawMessage `json:"args"`
	Cut         bool              `json:"cut,omitempty"`
	Reply       string            `json:"reply,omitempty" schema:"ok|error|nil|value|none"`
	ReplyError  json.RawMessage   `json:"reply_error,omitempty"`
	LatencyUS   int64             `json:"latency_us,omitempty"`
}

type dumpRequest struct {
	ID     json.RawMessage `json:"id"`
	Offset *int64          `json:"offset"`
}

type dumpLinkHead struct {
	From          string          `json:"from,omitempty"`
	To            string          `json:"to,omitempty"`
	Resync        string          `json:"resync" schema:"full|partial|none"`
	Requested     *dumpRequest    `json:"requested,omitempty"`
	ReplicationID json.RawMessage `json:"replication_id,omitempty"`
	StartOffset   *int64          `json:"start_offset"`
}

type dumpLink struct {
	Record string `json:"record" schema:"link"`
	Link   int    `json:"link"`
	dumpLinkHead
}

type dumpPayload struct {
	Framing string `json:"framing"`
	Bytes   *int64 `json:"bytes"`
}

type dumpLinkEnd struct {
	Record string `json:"record" schema:"link-end"`
	Link   int    `json:"link"`
	dumpLinkHead
	EndOffset *int64       `json:"end_offset"`
	Anchor    string       `json:"anchor"`
	Payload   *dumpPayload `json:"payload,omitempty"`
	Commands  int64        `json:"commands"`
	Bytes     int64        `json:"bytes"`
	End       string       `json:"end" schema:"clean|truncated|damaged"`
}

// dumpNote is what is between records, or missing there.
type dumpNote struct {
	Record    string          `json:"record" schema:"note"`
	Link      int             `json:"link,omitempty"`
	Byte      int64           `json:"byte,omitempty"`
	Bytes     *int64          `json:"bytes,omitempty"`
	Offset    *int64          `json:"offset,omitempty"`
	EndOffset *int64          `json:"end_offset,omitempty"`
	Packet    int64           `json:"packet,omitempty"`
	Time      string          `json:"time,omitempty"`
	EndTime   string          `json:"end_time,omitempty"`
	Count     int64           `json:"count,omitempty"`
	Text      json.RawMessage `json:"text,omitempty"`
	Message   string          `json:"message,omitempty"`
}
