package rdb

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
)

// The flags of a vector set.
const (
	vectorsProjected  = 1
	vectorsAttributes = 2
)

// defaultLinks is the M that stands for 0.
const defaultLinks = 16

// vectorSet: the module value is a vector set in the encoding that is known.
func (d *Decoder) vectorSet() bool {
	return d.rec.Object == ObjectVectorSet && d.rec.ModuleVersion == 0
}

// readVectorSet, with each value an item of a module:
//
//	state      dimension, elements, quantization and 16 bits of M, flags;
//	           if projected: dimension before, matrix
//	element    name, [attributes], vector, number of parameters, and as many:
//	             node id, version and level
//	             of each level: links, most links, ids of the linked nodes,
//	                            [version 1] the worst of them
//	             range of the quantization and length of the vector
//
// Source: redis modules/vector-sets/vset.c, hnsw.c.
func (d *Decoder) readVectorSet() (int64, error) {
	e, s := &d.value.element, &d.value.vectors
	if err := d.readVectorsState(s); err != nil {
		return 0, within(err, "the state of a vector set")
	}
	e.Kind, e.Vectors = ElementVectors, s
	if err := d.emit(); err != nil {
		return 0, err
	}
	e.Kind, e.Vector = ElementVector, &d.value.vector
	s.Projection = nil // was borrowed
	for i := range s.Elements {
		if err := d.readVector(s); err != nil {
			return 0, within(err, "element "+strconv.FormatUint(i, 10))
		}
	}
	end, err := d.length()
	if err == nil && end != moduleEOF {
		err = d.fail(parse.Damaged("more than %d elements in a vector set", s.Elements))
	}
	return int64(s.Elements), err
}

func (d *Decoder) readVectorsState(s *VectorsState) error {
	*s = VectorsState{}
	var config, flags uint64
	if err := d.uintItems(&s.Dimension, &s.Elements, &config, &flags); err != nil {
		return err
	}
	s.Quantization = Quantization(config & 0xff)
	if s.Links = config >> 8 & 0xffff; s.Links == 0 {
		s.Links = defaultLinks
	}
	s.Attributes = flags&vectorsAttributes != 0
	if s.Quantization > QuantizationBin || s.Dimension == 0 || s.Dimension > math.MaxUint32 ||
		s.Elements > 1<<62 {
		return d.fail(parse.Damaged(
			"%d elements of %d dimensions with quantization %d", s.Elements, s.Dimension, s.Quantization))
	}
	if flags&vectorsProjected == 0 {
		return nil
	}
	if err := d.uintItems(&s.InputDim); err != nil {
		return err
	}
	var err error
	if s.Projection, err = d.stringItem(&d.slots[3]); err != nil {
		return err
	}
	if s.InputDim == 0 || s.InputDim > math.MaxUint32 ||
		uint64(len(s.Projection)) != vectorBytes(QuantizationNone, s.Dimension)*s.InputDim {
		return d.fail(parse.Damaged(
			"a matrix of %d by %d in %d bytes", s.InputDim, s.Dimension, len(s.Projection)))
	}
	return nil
}

// vectorBytes is the size of a stored vector.
func vectorBytes(q Quantization, dimension uint64) uint64 {
	switch q {
	case QuantizationNone:
		return 4 * dimension
	case QuantizationBin:
		return (dimension + 63) / 64 * 8
	}
	return dimension
}

func (d *Decoder) readVector(s *VectorsState) (err error) {
	e, v := &d.value.element, &d.value.vector
	d.c.Pin()
	defer d.c.Unpin()
	if e.Member, err = d.stringItem(&d.slots[1]); err != nil {
		return within(err, "name")
	}
	e.Value = nil
	if s.Attributes {
		if e.Value, err = d.stringItem(&d.slots[2]); err != nil {
			return within(err, "attributes")
		}
		if len(e.Value) == 0 {
			e.Value = nil
		}
	}
	if v.Raw, err = d.stringItem(&d.slots[3]); err != nil {
		return within(err, "vector")
	}
	if uint64(len(v.Raw)) != vectorBytes(s.Quantization, s.Dimension) {
		return d.fail(parse.Damaged("a vector of %d bytes for %d dimensions", len(v.Raw), s.Dimension))
	}
	if err := d.readVectorNode(v); err != nil {
		return within(err, "node of the graph")
	}
	return d.emit()
}

// readVectorNode reads the parameters of an element's node in the graph.
func (d *Decoder) readVectorNode(v *Vector) error {
	var params, level, lengths uint64
	if err := d.uintItems(&params, &v.Node, &level); err != nil {
		return err
	}
	version := level >> 24
	if level &= 1<<24 - 1; version > 1 {
		return d.fail(parse.Unsupported("version %d of a node", version))
	}
	v.Level, v.Links = int(level), v.Links[:0]
	read := uint64(2)
	for layer := range level + 1 {
		var links, most, link uint64
		if err := d.uintItems(&links, &most); err != nil {
			return err
		}
		if links > params {
			return d.fail(parse.Damaged("%d links in %d parameters", links, params))
		}
		for i := range links + version { // and the worst link
			if err := d.uintItems(&link); err != nil {
				return err
			}
			if i < links {
				v.Links = append(v.Links, VectorLink{int(layer), link})
			}
		}
		read += 2 + links + version
	}
	if err := d.uintItems(&lengths); err != nil {
		return err
	}
	if read++; read != params {
		return d.fail(parse.Damaged("a node that says it has %d parameters, and has %d", params, read))
	}
	v.L2, v.Range = math.Float32frombits(uint32(lengths)), math.Float32frombits(uint32(lengths>>32))
	return nil
}

// uintItems reads items that must be unsigned numbers.
func (d *Decoder) uintItems(into ...*uint64) error {
	for _, p := range into {
		if err := d.itemOpcode(moduleUint); err != nil {
			return err
		}
		n, err := d.length()
		if err != nil {
			return err
		}
		*p = n
	}
	return nil
}

// stringItem reads an item that must be a string.
func (d *Decoder) stringItem(slot *[]byte) ([]byte, error) {
	if err := d.itemOpcode(moduleString); err != nil {
		return nil, err
	}
	return d.str(slot)
}

func (d *Decoder) itemOpcode(want uint64) error {
	op, err := d.length()
	if err == nil && op != want {
		err = d.fail(parse.Damaged("an item with opcode %d where %d must be", op, want))
	}
	return err
}

// Floats appends to dst the vector as it was added, as far as its
// quantization lets it be known: what VEMB replies.
func (v *Vector) Floats(dst []float32, s *VectorsState) []float32 {
	if uint64(len(v.Raw)) != vectorBytes(s.Quantization, s.Dimension) {
		return dst
	}
	switch s.Quantization {
	case QuantizationNone:
		for i := 0; i < len(v.Raw); i += 4 {
			dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(v.Raw[i:]))*v.L2)
		}
	case QuantizationQ8:
		for _, b := range v.Raw {
			dst = append(dst, float32(int8(b))*v.Range/127*v.L2)
		}
	default:
		for i := range s.Dimension {
			bit := float32(-1)
			if v.Raw[i/8]>>(i%8)&1 != 0 {
				bit = 1
			}
			dst = append(dst, bit)
		}
	}
	return dst
}
