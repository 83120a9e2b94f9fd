package main

import (
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// actor is who a run belongs to. A person's tool says who he is; AWS tells a function nothing of its invoker.
func actor(e fetch.Event) string {
	switch {
	case e.Actor != "":
		return e.Actor
	case e.ExecutionID != "" || !e.ScheduledTime.IsZero():
		return "schedule " + lambdacontext.FunctionName
	}
	return "invoker of " + lambdacontext.FunctionName
}

// version is the program's: the module's, or the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "development"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}
