#!/usr/bin/env bash
# Installs what Shakedown needs of Debian's packages and does nothing when it is there.
#   install-deps.sh run        for "make demo": what the sandbox calls
#   install-deps.sh run test   for "make test" as well
set -euo pipefail

# One package a line, with its user.
run_packages=(
	nftables   # sandbox: service addresses (nft)
	iproute2   # sandbox: bridge, veth, network namespaces
	gcc        # sandbox: runc is built with cgo
	libc6-dev  # sandbox: runc is built with cgo
	ca-certificates
)
test_packages=(
	chromium        # the report and the pages in a real browser
	fonts-dejavu-core
	curl            # the README's call of the webhook
	openssl         # its signature
	mariadb-server  # datamove: source and target
	redis-server    # datamove: source and target
	mydumper        # datamove: the peer of the benchmarks
	rclone          # datamove: the peer of the benchmarks
)

wanted=()
for group in "$@"; do
	case $group in
	run) wanted+=("${run_packages[@]}") ;;
	test) wanted+=("${test_packages[@]}") ;;
	*)
		echo "unknown group \"$group\"; want run or test" >&2
		exit 2
		;;
	esac
done

missing=()
for package in "${wanted[@]}"; do
	if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
		missing+=("$package")
	fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "error: Debian packages are missing: ${missing[*]}" >&2
	echo "hint: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
export RUNLEVEL=1 # packages must not start their services: tests start servers of their own
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
