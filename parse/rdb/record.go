package rdb

// Kind says what a record is.
type Kind uint8

// The kinds of record, in the order in which a file usually holds them. An
// expiry, idle time, access frequency or key metadata before a key is part of
// the key's record.
const (
	KindHeader       Kind = iota + 1 // Magic, Version
	KindAux                          // Name, Value
	KindModuleAux                    // Name (the module's type name), When
	KindFunction                     // Value: the library's whole source, shebang first
	KindHashTemplate                 // Redis 8.10: field names shared by hashes
	KindSlotImport                   // Valkey 9: Name (the job), a slot import that is not finished
	KindSelectDB                     // DB
	KindResizeDB                     // Keys, Expires: hints
	KindSlotInfo                     // Slot, Keys, Expires: hints
	KindUpdate                       // Valkey 9.2: a command to apply at this point; Value is its RESP
	KindAttribute                    // an attribute with another record between it and its key
	KindKey
	KindEnd // Checksum
)

// A Record is one thing that is in a file, with its place. Slices are
// borrowed: valid until the next call of Next, also while the value is read.
type Record struct {
	Kind Kind
	// Byte is where the record begins, counted from the start of the RDB;
	// Bytes is its length. Of a key, Bytes is 0 until the value was read or
	// skipped. The records of a file cover it to the byte.
	Byte, Bytes int64

	Magic   string // KindHeader: "REDIS" or "VALKEY"
	Version int    // KindHeader: the RDB version

	Name, Value   []byte
	When          int // KindModuleAux: 1 before the keys, 2 after
	Slot          uint64
	Keys, Expires uint64

	DB  int // the database that is selected
	Key []byte
	// ValueByte is where the value begins, counted as Byte is: after the
	// type byte and the key.
	ValueByte int64
	// Type is the type byte, told apart where two servers use one number
	// for two things.
	Type Type
	// Object is what the server's TYPE replies.
	Object Object
	// Encoding is what OBJECT ENCODING would reply, as far as the dump tells.
	Encoding string
	// Module names the type of a module value ("vectorset", "ReJSON-RL"),
	// with the version of its encoding.
	Module        string
	ModuleVersion int
	// ExpireAt is in Unix milliseconds; meaningful if HasExpire.
	ExpireAt  int64
	HasExpire bool
	Idle      int64 // seconds since the last access; -1 where unknown
	Freq      int   // logarithmic access counter, 0 to 255; -1 where unknown
	// Meta counts the classes of key metadata (Redis 8.6) before the key.
	Meta int
	// Elements counts the members, 1 for a string; -1 until the value was
	// read or skipped. A count that only a full walk gives is walked for.
	Elements int64

	Checksum Checksum // KindEnd
}

// Checksum is the verdict on the CRC-64 at the end of a file.
type Checksum struct {
	Status           ChecksumStatus
	Stored, Computed uint64
}

// ChecksumStatus is one of the words that the JSON documents use.
type ChecksumStatus string

// What a checksum can be.
const (
	ChecksumValid    ChecksumStatus = "valid"
	ChecksumInvalid  ChecksumStatus = "invalid"
	ChecksumDisabled ChecksumStatus = "disabled" // stored as 0: the server was told not to compute it
	ChecksumAbsent   ChecksumStatus = "absent"   // versions before 5 have none, and a cut file lost it
)

// Type is a type byte of the file; types of Valkey that share their number
// with another of Redis, and types of unreleased versions, have bit 8 set.
type Type uint16

// The value types (redis src/rdb.h, valkey src/rdb.h).
const (
	TypeString          Type = 0
	TypeList            Type = 1
	TypeSet             Type = 2
	TypeZSet            Type = 3
	TypeHash            Type = 4
	TypeZSet2           Type = 5
	TypeModulePreGA     Type = 6
	TypeModule2         Type = 7
	TypeHashZipmap      Type = 9
	TypeListZiplist     Type = 10
	TypeSetIntset       Type = 11
	TypeZSetZiplist     Type = 12
	TypeHashZiplist     Type = 13
	TypeListQuicklist   Type = 14
	TypeStream          Type = 15
	TypeHashListpack    Type = 16
	TypeZSetListpack    Type = 17
	TypeListQuicklist2  Type = 18
	TypeStream2         Type = 19
	TypeSetListpack     Type = 20
	TypeStream3         Type = 21
	TypeHashTTLPreGA    Type = 22 // Redis 7.4 release candidates
	TypeHashLPTTLPreGA  Type = 23 // Redis 7.4 release candidates
	TypeHashTTL         Type = 24 // rdb.h: RDB_TYPE_HASH_METADATA
	TypeHashListpackTTL Type = 25 // rdb.h: RDB_TYPE_HASH_LISTPACK_EX
	TypeStream4         Type = 26
	TypeStream5         Type = 27
	TypeArray           Type = 28
	// Redis 8.10: hashes that share their field names through a template.
	TypeHashTemplateLPDump    Type = 29 // only in DUMP payloads
	TypeHashTemplateLPRef     Type = 30
	TypeHashTemplateArrayDump Type = 31 // only in DUMP payloads
	TypeHashTemplateArrayRef  Type = 32
	TypeGCRA                  Type = 1<<8 | 33 // 33 under version 15, 29 under version 14
	TypeValkeyHash2           Type = 1<<8 | 22 // Valkey 9: a hash with field expiry
	TypeValkeyPathHash        Type = 1<<8 | 23 // Valkey 9.2, layout not known
)

// Object is a type of value as the server's TYPE names it.
type Object uint8

// The types of value.
const (
	ObjectString Object = iota + 1
	ObjectList
	ObjectSet
	ObjectZSet
	ObjectHash
	ObjectStream
	ObjectArray
	ObjectVectorSet
	ObjectModule // a module's type that is not known by name to this program
)

// String returns the word that TYPE replies, and "module" for ObjectModule.
func (o Object) String() string {
	if int(o) >= len(objectNames) {
		return "unknown"
	}
	return objectNames[o]
}

// HoldsElements: a key of this type vanishes with its last element, so that no
// server writes one without any.
func (o Object) HoldsElements() bool {
	switch o {
	case ObjectList, ObjectSet, ObjectZSet, ObjectHash, ObjectArray:
		return true
	}
	return false
}

// Objects lists every type of value.
func Objects() []Object {
	return []Object{ObjectString, ObjectList, ObjectSet, ObjectZSet, ObjectHash, ObjectStream,
		ObjectArray, ObjectVectorSet, ObjectModule}
}

var objectNames = [...]string{"unknown", "string", "list", "set", "zset", "hash", "stream", "array",
	"vectorset", "module"}
