package collect

// settings are those that are asked for: what decides memory, replication and
// persistence. They are named one by one, so that no secret is among them.
func settings() []string {
	return []string{
		"maxmemory", "maxmemory-policy", "maxmemory-samples", "maxmemory-clients",
		"replica-ignore-maxmemory", "slave-ignore-maxmemory",
		"lfu-log-factor", "lfu-decay-time", "active-defrag-running", "activedefrag",
		"hash-max-listpack-entries", "hash-max-listpack-value", "hash-max-ziplist-entries",
		"hash-max-ziplist-value", "list-max-listpack-size", "list-max-ziplist-size",
		"list-compress-depth", "set-max-intset-entries", "set-max-listpack-entries",
		"set-max-listpack-value", "zset-max-listpack-entries", "zset-max-listpack-value",
		"zset-max-ziplist-entries", "zset-max-ziplist-value", "stream-node-max-bytes",
		"stream-node-max-entries", "client-output-buffer-limit", "client-query-buffer-limit",
		"repl-backlog-size", "repl-backlog-ttl", "repl-timeout", "repl-diskless-sync",
		"repl-diskless-sync-delay", "repl-diskless-load", "repl-disable-tcp-nodelay",
		"repl-ping-replica-period", "repl-ping-slave-period", "dual-channel-replication-enabled",
		"repl-rdb-channel", "replica-read-only", "slave-read-only", "replica-serve-stale-data",
		"slave-serve-stale-data", "replica-priority", "slave-priority", "min-replicas-to-write",
		"min-replicas-max-lag", "min-slaves-to-write", "min-slaves-max-lag",
		"propagation-error-behavior", "replica-ignore-disk-write-errors",
		"save", "dbfilename", "rdbchecksum", "rdbcompression", "sanitize-dump-payload",
		"stop-writes-on-bgsave-error", "appendonly", "appendfilename", "appenddirname",
		"appendfsync", "no-appendfsync-on-rewrite", "auto-aof-rewrite-percentage",
		"auto-aof-rewrite-min-size", "aof-load-truncated", "aof-use-rdb-preamble",
		"aof-timestamp-enabled", "databases", "lua-time-limit", "busy-reply-threshold",
		"lua-replicate-commands", "cluster-enabled", "io-threads", "hz", "dynamic-hz", "timeout",
		"active-expire-effort", "lazyfree-lazy-expire", "lazyfree-lazy-eviction",
		"slowlog-log-slower-than", "slowlog-max-len", "proto-max-bulk-len",
	}
}
