/** Passkeys (WebAuthn level 3): options and answers as JSON, for browsers with and without its own
    conversion. */

type Json = Record<string, unknown>;

export const passkeysSupported = "PublicKeyCredential" in globalThis && isSecureContext;

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer | null | undefined): string | undefined {
  if (!buffer) return undefined;
  const raw = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const described = (list: unknown) => ((list ?? []) as Json[]).map((one) => ({ ...one, id: bytes(String(one.id)) }));

/** Have the browser make a passkey. */
export async function makePasskey(options: Json): Promise<Json> {
  const user = options.user as Json;
  const made = (await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(String(options.challenge)),
      user: { ...user, id: bytes(String(user.id)) },
      excludeCredentials: described(options.excludeCredentials),
    } as unknown as PublicKeyCredentialCreationOptions,
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    clientExtensionResults: made.getClientExtensionResults(),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/** Have the person show a passkey. */
export async function showPasskey(options: Json): Promise<Json> {
  const shown = (await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(String(options.challenge)),
      allowCredentials: described(options.allowCredentials),
    } as unknown as PublicKeyCredentialRequestOptions,
  })) as PublicKeyCredential;
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    id: shown.id,
    rawId: text(shown.rawId),
    type: shown.type,
    clientExtensionResults: shown.getClientExtensionResults(),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  };
}

/** What to say when the browser brought no passkey. */
export function passkeyWords(error: unknown): string | null {
  if (!(error instanceof DOMException)) return null;
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "No passkey was shown.";
  if (error.name === "InvalidStateError") return "This device has a passkey for this login already.";
  if (error.name === "SecurityError") return "Passkeys need a host name with a certificate that the browser trusts.";
  return error.message;
}
