# How `sam build` makes a function's bootstrap: the same whoever builds, with no settings in the builder's environment.
# It is reached through build/ARCHITECTURE/Makefile, which the template picks by its Architecture parameter, and runs at
# the root of the repository, where go.mod is.
#
#   CGO_ENABLED=0     no library of the building machine in the bootstrap; it has to run on Amazon Linux
#   -tags lambda.norpc, -ldflags "-s -w"    without the old RPC server and debug tables: half the size, a quicker start
#   -trimpath         no path of the building machine in the bootstrap

export CGO_ENABLED := 0
export GOOS := linux

build-FetchConfigurations: FOLDER := fetch-configurations
build-SyncAccounts: FOLDER := sync-accounts
build-SyncUsage: FOLDER := sync-usage

.PHONY: build-FetchConfigurations build-SyncAccounts build-SyncUsage
build-FetchConfigurations build-SyncAccounts build-SyncUsage:
	go build -trimpath -tags lambda.norpc -ldflags "-s -w" -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(FOLDER)
