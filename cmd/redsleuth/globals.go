package main

import "github.com/spf13/pflag"

// globalOptions are the flags that every command has.
type globalOptions struct {
	env environment
}

func (g *globalOptions) addFlags(flags *pflag.FlagSet) {}
