package document

// Version is the document of version.
type Version struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified *bool  `json:"modified,omitempty"` // null where the revision is not known
	Go       string `json:"go"`
	Platform string `json:"platform"`
	RDB      string `json:"rdb"`
	// Reads are the kinds of input, Compressions what they may be packed in.
	Reads        []string `json:"reads"`
	Compressions []string `json:"compressions"`
}

// VersionSchema names the document of version.
const VersionSchema = "redsleuth/version/1"
