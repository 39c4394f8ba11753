// Package capture finds the replication links in a packet capture: pcap or
// pcapng, of any link type and address family that gopacket decodes.
//
// A first pass reassembles every TCP connection (gopacket/reassembly) and
// tells by content which of them are replication; of those, both directions
// are kept in private temporary files, with the time and packet of each piece
// and the holes between them, and the rest is counted. A second pass reads the
// links one after another, in the order in which they began, with parse/link.
//
// What makes a connection a link, where its beginning was captured: the
// client's first commands are a replica's handshake. Where it was not: one
// side sends nothing but REPLCONF ACK and newlines.
//
// The time of a command is that of the packet that brought its last byte. Bytes
// are counted in the direction as it was sent, lost ones included: what a hole,
// a snap length (tcpdump -s) or a lost tail took is a gap with its range.
//
// The reassembly is gopacket's since it has what a capture of an incident needs
// and is easily got wrong: sequence numbers that wrap around, segments that
// come again, overlap or arrive out of order, and a bound on what waits for
// those that are missing. It gives back each byte with its packet. Connections
// between the same endpoints are told apart here, by their SYN, since a port
// that is used again would be one connection to it.
//
// A link whose handshake was not captured gets its offsets from the replica's
// ACKs, if exactly one offset explains them all, and otherwise none.
//
// Limitations: fragmented IP packets are not put together, and a recording that
// holds only one direction of a link that began before is not recognised; both
// are counted and told, as is what cannot be decoded, and what goes beyond the
// limits on how many connections are followed (maxFlows, maxFiles).
// Links are not tied to offsets by bytes that they share with other links:
// what repeats (PING, a workload that writes the same again) would tie them to
// wrong ones. Payloads compressed as Valkey 9.2 may are named, and not read.
package capture

import (
	"context"
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of Walk.
type Options struct {
	Limits parse.Limits
}

// Walk reads every replication link of a capture, one after another in the
// order in which they began. The two connections of a sync over two channels
// are one link. ACKs come as notes, between the commands by time.
func Walk(ctx context.Context, in *input.Input, o Options, h record.Handler) (err error) {
	t := newTable()
	defer func() { err = errors.Join(err, t.close()) }()
	cut, err := t.readPackets(ctx, in)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	links, ignored := t.replication()
	w := &linkWalker{ctx: ctx, limits: o.Limits, h: h}
	for _, pair := range join(links) {
		if err := w.walk(pair); err != nil {
			return err
		}
	}
	if ignored > 0 {
		n := &record.Note{Kind: record.NoteIgnored, Count: int64(ignored), Offset: record.Unknown, EndOffset: record.Unknown}
		if err := h.Note(n); err != nil {
			return err
		}
	}
	if err := t.unread.notes(h); err != nil {
		return err
	}
	if t.oneWay > 0 {
		n := &record.Note{Kind: record.NoteUnread, Byte: record.Unknown, Bytes: record.Unknown, Count: t.oneWay, Offset: record.Unknown, EndOffset: record.Unknown,
			Err: parse.At(0, parse.Unsupported("of %d connections only one direction was recorded, which does not tell whether they are links", t.oneWay))}
		if err := h.Note(n); err != nil {
			return err
		}
	}
	if cut != nil {
		n := &record.Note{Kind: record.NoteTruncated, Byte: cut.ByteOffset, Bytes: record.Unknown,
			Offset: record.Unknown, EndOffset: record.Unknown, Packet: t.packets, Err: cut}
		return h.Note(n)
	}
	return nil
}
