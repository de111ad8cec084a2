#!/bin/sh
# Verifies every line of a log without relsign: its form, its signature and who made it; prints id and signer of each.
#
#   sh check.sh ALLOWED_SIGNERS LOG
#
# Exits 0 when every line is good, 1 when one is not, 2 when it can't tell. Needs base64, sha256sum and ssh-keygen.
# relsign is stricter than ssh-keygen (docs/format.md says where), so a line that is good here may still be refused
# there. The payload must be compact JSON with its keys in the order of docs/format.md, as relsign writes it.
set -u
LC_ALL=C
export LC_ALL
[ $# -eq 2 ] && [ -r "$1" ] && [ -r "$2" ] || { echo "usage: sh check.sh ALLOWED_SIGNERS LOG" >&2; exit 2; }
signers=$1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
type=application/vnd.in-toto+json
status=0

bad() {
    echo "line $number: $1" >&2
    status=1
}

check() {
    payload=$(printf '%s\n' "$1" | sed -n 's/^{"payloadType":"[^"]*","payload":"\([^"]*\)".*/\1/p')
    keyid=$(printf '%s\n' "$1" | sed -n 's/.*"signatures":\[{"keyid":"\([^"]*\)".*/\1/p')
    sig=$(printf '%s\n' "$1" | sed -n 's/.*,"sig":"\([^"]*\)"}\]}$/\1/p')

    # The parts in the one form must give the line again.
    form='{"payloadType":"%s","payload":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}'
    # shellcheck disable=SC2059
    [ "$(printf "$form" "$type" "$payload" "$keyid" "$sig")" = "$1" ] || { bad "not an envelope in the one form"; return; }

    # Base64 must be the one spelling of its bytes.
    printf '%s' "$payload" | base64 -d >"$work/payload" 2>/dev/null || { bad "the payload is not base64"; return; }
    [ "$(base64 <"$work/payload" | tr -d '\n')" = "$payload" ] || { bad "the payload's base64 is not canonical"; return; }

    # What is signed is the pre-authentication encoding of DSSE, and its SHA-256 is the record's id.
    size=$(wc -c <"$work/payload" | tr -d ' ')
    { printf 'DSSEv1 %s %s %s ' "${#type}" "$type" "$size"; cat "$work/payload"; } >"$work/pae"
    id=$(sha256sum <"$work/pae" | cut -d' ' -f1)

    # ssh-keygen reads a signature in armour.
    printf '%s\n%s\n%s\n' '-----BEGIN SSH SIGNATURE-----' "$sig" '-----END SSH SIGNATURE-----' >"$work/sig"
    who=$(ssh-keygen -Y find-principals -s "$work/sig" -f "$signers" 2>/dev/null) || { bad "$id: nobody's key"; return; }
    said=$(ssh-keygen -Y verify -f "$signers" -I "$who" -n relsign-v1 -s "$work/sig" <"$work/pae" 2>&1) ||
        { bad "$id: the signature does not verify"; return; }
    case $said in
        *" key $keyid") ;;
        *) bad "$id: the key id is not that of the key"; return ;;
    esac
    # The payload must name the same signer, or one payload could change hands.
    grep -qF "\"signer\":{\"handle\":\"$who\",\"fingerprint\":\"$keyid\"}" "$work/payload" ||
        { bad "$id: the record names another signer than $who"; return; }
    printf '%s %s\n' "$id" "$who"
}

number=0
while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    [ -z "$line" ] || check "$line"
done <"$2"
exit $status
