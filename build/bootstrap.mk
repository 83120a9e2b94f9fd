# How `sam build` makes a function's bootstrap: the same whoever builds, with no settings in the builder's environment.
# It is reached through build/ARCHITECTURE/Makefile, which the template picks by its Architecture parameter, and runs at
# the root of the repository, where go.mod is.
#
#   CGO_ENABLED=0     no library of the building machine in the bootstrap; it has to run on Amazon Linux
#   -tags lambda.norpc, -ldflags "-s -w"    without the old RPC server and debug tables: half the size, a quicker start
#   -funcalign=8      on x86_64: functions begin at multiples of 8 bytes, not of 32: 1.5 % smaller (arm64 keeps its 16)
#   -trimpath         no path of the building machine in the bootstrap
#   -gcflags          see below

export CGO_ENABLED := 0
export GOOS := linux

build-FetchConfigurations: FOLDER := fetch-configurations
build-SyncAccounts: FOLDER := sync-accounts
build-SyncUsage: FOLDER := sync-usage

# Nothing is compiled inline (-l) but where time is spent: in the runtime, in ciphers and hashes, in reading pages. What is
# done once a request, a company or a start (the AWS SDK, HTTP, the handshake, YAML, logs) is smaller by 6 %, at the price of
# about a tenth more processor time (BenchmarkMemory in functions/, 5,000 companies), which nobody waits for: the vendors'
# limits are slower. Of patterns that fit a package the last one holds. shared/lambdatest builds alike.
INLINE := runtime/... internal/runtime/... internal/bytealg internal/abi sync/... slices bytes bufio strings unicode/... \
  compress/... hash/... crypto/cipher crypto/subtle crypto/internal/fips140/aes/... crypto/internal/fips140/sha256 crypto/internal/fips140/sha512 \
  crypto/internal/fips140/hmac crypto/internal/fips140/subtle crypto/internal/fips140/alias crypto/internal/fips140/bigmod crypto/internal/fips140deps/... \
  github.com/go-json-experiment/... github.com/synthsync/synthsync/shared/autotask
FUNCALIGN := $(if $(filter amd64,$(GOARCH)),8,16)
GCFLAGS := -gcflags=all=-l $(INLINE:%=-gcflags=%=)

.PHONY: build-FetchConfigurations build-SyncAccounts build-SyncUsage
build-FetchConfigurations build-SyncAccounts build-SyncUsage:
	go build -trimpath -tags lambda.norpc -ldflags "-s -w -funcalign=$(FUNCALIGN)" $(GCFLAGS) -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(FOLDER)
