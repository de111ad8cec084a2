#!/bin/sh
# Makes a line of a log without relsign: signs the bytes of a payload file and prints the envelope.
#
#   sh make.sh PAYLOAD KEY
#
# PAYLOAD is the statement as compact JSON without a newline at its end; its signer must be the holder of KEY, an
# ed25519 or P-256 private key (or the public part of one in the agent or on a security key).
set -eu
LC_ALL=C
export LC_ALL
[ $# -eq 2 ] || { echo "usage: sh make.sh PAYLOAD KEY" >&2; exit 2; }
type=application/vnd.in-toto+json
size=$(wc -c <"$1" | tr -d ' ')
payload=$(base64 <"$1" | tr -d '\n')
keyid=$(ssh-keygen -l -f "$2" | cut -d' ' -f2)
sig=$({ printf 'DSSEv1 %s %s %s ' "${#type}" "$type" "$size"; cat "$1"; } |
    ssh-keygen -q -Y sign -n relsign-v1 -f "$2" | sed '/^-----/d' | tr -d '\n')
[ -n "$sig" ]
printf '{"payloadType":"%s","payload":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}\n' "$type" "$payload" "$keyid" "$sig"
