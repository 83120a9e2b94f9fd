package template_test

import (
	"regexp"
	"strings"
)

// ownNames are the properties that name something for a whole account and Region.
var ownNames = []string{
	"QueueName", "LogGroupName", "DashboardName", "AlarmName", "TableName", "TopicName", "BucketName", "Name", "GroupName",
	"ManagedPolicyName", "AliasName", "StateMachineName", "QueryDefinitionName",
}

// neverNamed are names that CloudFormation gives better: a name of ours asks for CAPABILITY_NAMED_IAM, or hinders a
// replacement.
var neverNamed = []string{"FunctionName", "RoleName", "UserName"}

func namesAreOwn(_ *subject, st *stack, report report) {
	for _, id := range sorted(st.resources) {
		for _, name := range ownNames {
			if v := st.property(id, name); v != nil && !strings.Contains(text(v), "${AWS::StackName}") {
				report(id, "%s is %q in every stack", name, text(v))
			}
		}
		for _, name := range neverNamed {
			if v := st.property(id, name); v != nil {
				report(id, "has a %s of its own", name)
			}
		}
		events, _ := st.property(id, "Events").(tree)
		for event, e := range events {
			if at(e, "Type") == "ScheduleV2" && !isTrue(at(e, "Properties", "OmitName")) && !strings.Contains(text(at(e, "Properties", "Name")), "${AWS::StackName}") {
				report(id+"."+event, "SAM names a schedule by its logical id in every stack: want OmitName")
			}
		}
	}
	for id, output := range st.outputs {
		if name := at(output, "Export", "Name"); name != nil && !strings.Contains(text(name), "${AWS::StackName}") {
			report("Outputs."+id, "exports %q from every stack", text(name))
		}
	}
}

func outputsSpeak(_ *subject, st *stack, report report) {
	for id, output := range st.outputs {
		if d := text(at(output, "Description")); len(d) < 10 || strings.Contains(d, "${") {
			report("Outputs."+id, "has no description")
		}
		if text(at(output, "Value")) == "" {
			report("Outputs."+id, "has no value")
		}
	}
}

// goArch is what Go calls an architecture of Lambda's.
var goArch = map[string]string{"arm64": "arm64", "x86_64": "amd64"}

func buildsFit(s *subject, stacks []*stack, report report) {
	recipe := s.build["build/bootstrap.mk"]
	for what, form := range map[string]string{
		"CGO_ENABLED := 0": `(?m)^export CGO_ENABLED := 0$`,
		"GOOS := linux":    `(?m)^export GOOS := linux$`,
		"lambda.norpc":     `(?m)^\tgo build .*-tags lambda\.norpc `,
		"-trimpath":        `(?m)^\tgo build .*-trimpath `,
	} {
		if !regexp.MustCompile(form).MatchString(recipe) {
			report("build/bootstrap.mk", "builds without %s", what)
		}
	}
	for _, st := range stacks {
		for _, id := range st.ofType(function) {
			if st.property(id, "Runtime") != "provided.al2023" || st.property(id, "Handler") != "bootstrap" {
				report(id, "does not run a bootstrap on Amazon Linux 2023")
			}
			arch := text(st.params["Architecture"])
			if got := list(st.property(id, "Architectures")); len(got) != 1 || text(got[0]) != arch {
				report(id, "runs on %v, not on what Architecture says", got)
			}
			metadata := st.resources[id]["Metadata"]
			path := text(at(metadata, "ContextPath")) + "/Makefile"
			if at(metadata, "BuildMethod") != "makefile" || at(metadata, "WorkingDirectory") != "." || s.build[path] == "" {
				report(id, "is not built by a Makefile that is there: %s", path)
			} else if !strings.Contains(s.build[path], "export GOARCH := "+goArch[arch]+"\n") {
				report(path, "builds for another architecture than %s", arch)
			}
			if !strings.Contains(recipe, "build-"+id+": FOLDER := "+st.folder(id)+"\n") {
				report("build/bootstrap.mk", "does not build %s from functions/%s", id, st.folder(id))
			}
		}
	}
}
