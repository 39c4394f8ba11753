// Package tcp takes a packet capture apart into TCP connections: what either
// side sent, byte after byte, each with the time and the packet that brought
// it, and the holes between them.
//
//	capture    pcap: a header of 24 bytes with the link type, then packets
//	           pcapng: blocks; each interface has a link type of its own
//	packet     time, lengths as sent and as captured, then the layers:
//	           link | IPv4 or IPv6 | TCP, of any link type that gopacket knows;
//	           of a tunnel the innermost addresses count
//	segment    sequence number, flags, then bytes, fewer than were sent where
//	           tcpdump -s cut the packet: the IP header tells how many
//
// Several captures, of any format, one after another are read as one, also where
// one of them was cut. Zeros and other bytes that are no packets are stepped
// over to the next place where packets follow one another (Flaw). Of a pcap file
// whose header is gone, link type, byte order and unit of time are told from its
// packets.
//
// Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 9293.
//
// A connection begins with a SYN that is not the same as the last one between
// its endpoints, or, where none was captured, with the first segment. Sequence
// numbers that wrap around, segments that come twice, overlap or arrive out of
// order leave no trace. What never comes is a Gap: bytes lost between others,
// after a snap length, or at the end, where an acknowledgement, a FIN or a cut
// segment tells of them. A segment counts as lost once 2 minutes have passed, or
// 2048 pages of about 1900 bytes wait after it.
//
// A Sorter is asked about each connection while its first bytes come, so that of
// a long capture only those that matter are kept: in memory, or in temporary
// files that have no name.
//
// The reassembly is gopacket's (github.com/gopacket/gopacket/reassembly).
// Connections between the same endpoints are told apart here, since to it a
// port that is used again is one connection.
//
// Limitations: fragments of IP packets are not put together. At most 131072
// connections are followed at a time, of which 512 may be larger than 1 MiB a
// direction. All that is left out is counted (Capture.Unread).
//
// Stable: Read, Capture, Connection, Stream and Reader.
package tcp
