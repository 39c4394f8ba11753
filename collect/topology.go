package collect

import (
	"context"
	"net"
	"strings"
)

// neighbours has the servers asked that this one names.
func (s *Server) neighbours(ctx context.Context, c *client) {
	for _, addr := range s.named(ctx, c) {
		if host, port, err := net.SplitHostPort(addr); err == nil && host != "" && port != "0" {
			s.collection.add(ctx, s.target.at(addr))
		}
	}
}

func (s *Server) named(ctx context.Context, c *client) []string {
	var addrs []string
	if s.info.MasterAddr != "" {
		addrs = append(addrs, s.info.MasterAddr)
	}
	for _, r := range s.info.Replicas {
		addrs = append(addrs, r.Addr)
	}
	if s.info.Fields["cluster_enabled"] == "1" {
		text, err := c.text(ctx, "CLUSTER", "NODES")
		if err != nil {
			s.fail("CLUSTER NODES", err)
		}
		addrs = append(addrs, clusterNodes(string(text))...)
	}
	if s.Role == roleSentinel {
		addrs = append(addrs, s.watched(ctx, c)...)
	}
	return addrs
}

// clusterNodes reads the addresses out of CLUSTER NODES: the second word of a
// line is host:port@bus[,hostname].
func clusterNodes(text string) []string {
	var addrs []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || strings.Contains(words[2], "noaddr") {
			continue
		}
		addr, _, _ := strings.Cut(words[1], "@")
		// An address of version 6 has no brackets here.
		if i := strings.LastIndexByte(addr, ':'); i > 0 {
			addrs = append(addrs, net.JoinHostPort(strings.Trim(addr[:i], "[]"), addr[i+1:]))
		}
	}
	return addrs
}

// watched asks a Sentinel for the masters that it watches, and their replicas.
func (s *Server) watched(ctx context.Context, c *client) []string {
	reply, err := c.ask(ctx, "SENTINEL", "MASTERS")
	if err != nil {
		s.fail("SENTINEL MASTERS", err)
		return nil
	}
	var addrs []string
	for _, master := range tables(reply) {
		addrs = append(addrs, net.JoinHostPort(master["ip"], master["port"]))
		replicas, err := c.ask(ctx, "SENTINEL", "SLAVES", master["name"]) // every version knows it by this name
		if err != nil {
			s.fail("SENTINEL SLAVES", err)
		}
		for _, r := range tables(replicas) {
			addrs = append(addrs, net.JoinHostPort(r["ip"], r["port"]))
		}
	}
	return addrs
}

// tables are replies that are lists of names and values.
func tables(reply any) []map[string]string {
	list, _ := reply.([]any)
	var all []map[string]string
	for _, item := range list {
		fields, _ := item.([]any)
		table := map[string]string{}
		for i := 0; i+1 < len(fields); i += 2 {
			name, _ := fields[i].(string)
			value, _ := fields[i+1].(string)
			table[name] = value
		}
		all = append(all, table)
	}
	return all
}
