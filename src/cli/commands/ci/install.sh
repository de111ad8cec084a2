: "${RELSIGN_URL:?is not set: see the beginning of this file}"
: "${RELSIGN_SHA256:?is not set: see the beginning of this file}"
: "${RELSIGN_ROOT:?is not set: see the beginning of this file}"
RELSIGN=$(mktemp)
curl -fsSL -o "$RELSIGN" -- "$RELSIGN_URL"
echo "$RELSIGN_SHA256  $RELSIGN" | sha256sum -c -
chmod +x "$RELSIGN"
