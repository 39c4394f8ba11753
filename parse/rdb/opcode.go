package rdb

// The opcodes, which are where the type byte of a key may be (redis
// src/rdb.h, valkey src/rdb.h).
const (
	opEOF            = 255
	opSelectDB       = 254
	opExpireTime     = 253 // 4 bytes, seconds
	opExpireTimeMs   = 252 // 8 bytes
	opResizeDB       = 251
	opAux            = 250
	opFreq           = 249 // one raw byte
	opIdle           = 248
	opModuleAux      = 247
	opFunctionPreGA  = 246 // Redis 7.0-rc1 and rc2
	opFunction       = 245
	opSlotInfo       = 244
	opKeyMeta        = 243 // Redis
	opSlotImport     = 243 // Valkey
	opHashTemplate   = 242 // Redis
	opUpdate         = 242 // Valkey
	firstOpcode      = opHashTemplate
	newestRedis      = 15
	newestValkey     = 81
	maxDatabase      = 1<<31 - 1
	maxMetaClasses   = 7
	firstNewer       = TypeStream4 // no server that writes an older version knows this type
	newerVersion     = 12
	firstMsVersion   = 9 // expiry times in milliseconds are little endian from here on
	firstSumVersion  = 5
	firstEmbstr      = 7
	firstListpackRDB = 11 // lists of one listpack, in servers that write this version
)

func (d *Decoder) valkey() bool { return d.header.Magic == magicValkey }

// typeOf tells apart what two servers mean by one byte; false if it is no
// type of this file's server.
func (d *Decoder) typeOf(b byte) (Type, bool) {
	t := Type(b)
	switch {
	case b == 8 || b >= firstOpcode:
		return 0, false
	case d.valkey():
		switch t {
		case 22:
			return TypeValkeyHash2, true
		case 23:
			return TypeValkeyPathHash, true
		}
		return t, t <= TypeStream3
	case b == 33 && d.header.Version >= 15, b == 29 && d.header.Version == 14:
		return TypeGCRA, true
	}
	return t, t < firstNewer || t <= TypeHashTemplateArrayRef && d.header.Version >= newerVersion
}

// objectOf is the type of value, but for modules, whose name decides.
func objectOf(t Type) Object {
	switch t {
	case TypeString:
		return ObjectString
	case TypeList, TypeListZiplist, TypeListQuicklist, TypeListQuicklist2:
		return ObjectList
	case TypeSet, TypeSetIntset, TypeSetListpack:
		return ObjectSet
	case TypeZSet, TypeZSet2, TypeZSetZiplist, TypeZSetListpack:
		return ObjectZSet
	case TypeStream, TypeStream2, TypeStream3, TypeStream4, TypeStream5:
		return ObjectStream
	case TypeArray:
		return ObjectArray
	case TypeModulePreGA, TypeModule2, TypeGCRA:
		return ObjectModule
	}
	return ObjectHash
}

// The replies to OBJECT ENCODING.
const (
	encodingInt        = "int"
	encodingEmbstr     = "embstr"
	encodingRaw        = "raw"
	encodingLinkedList = "linkedlist"
	encodingQuicklist  = "quicklist"
	encodingZiplist    = "ziplist"
	encodingListpack   = "listpack"
	encodingListpackEx = "listpackex"
	encodingZipmap     = "zipmap"
	encodingHashtable  = "hashtable"
	encodingIntset     = "intset"
	encodingSkiplist   = "skiplist"
	encodingStream     = "stream"
	encodingArray      = "sliced-array"
)

// encodingOf is the encoding, where the type alone decides it.
func encodingOf(t Type) string {
	switch t {
	case TypeSet, TypeHash, TypeHashTTL, TypeHashTTLPreGA, TypeValkeyHash2:
		return encodingHashtable
	case TypeZSet, TypeZSet2:
		return encodingSkiplist
	case TypeHashZipmap:
		return encodingZipmap
	case TypeListZiplist, TypeZSetZiplist, TypeHashZiplist:
		return encodingZiplist
	case TypeSetIntset:
		return encodingIntset
	case TypeListQuicklist:
		return encodingQuicklist
	case TypeHashListpack, TypeZSetListpack, TypeSetListpack:
		return encodingListpack
	case TypeHashListpackTTL, TypeHashLPTTLPreGA:
		return encodingListpackEx
	case TypeStream, TypeStream2, TypeStream3, TypeStream4, TypeStream5:
		return encodingStream
	case TypeArray:
		return encodingArray
	case TypeModulePreGA, TypeModule2, TypeGCRA:
		return encodingRaw
	}
	return "" // decided by the value, or not known
}
