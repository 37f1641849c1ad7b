/** The requests of signing in: each is answered with a token, or with what is asked for next. */

import { ApiError, api } from "$shared/api/client";
import type { Enrolment, NextStep, Token } from "$shared/api/types";

const anonymous = { anonymous: true };

/** A token; with a second factor that is new, the recovery codes that are shown this once. */
export type Granted = Token & { recovery_codes?: string[] };

export interface Question {
  ticket: string;
  options: Record<string, unknown>;
}

const post = <T>(path: string, body: unknown) => api.post<T>(path, body, anonymous);

export const steps = {
  password: (username: string, password: string) => post<Granted>("/v1/login", { username, password }),
  code: (ticket: string, code: string, method: string) => post<Granted>("/v1/login", { ticket, code, method }),
  mailCode: (ticket: string) => post("/v1/login/code", { ticket }),
  newPassword: (ticket: string, password: string) => post<Granted>("/v1/login/password", { ticket, password }),
  forgot: (username: string) => post<{ message: string }>("/v1/login/forgot", { username }),
  beginTotp: (ticket: string) => post<Enrolment>("/v1/login/enrol/totp", { ticket }),
  enrolTotp: (ticket: string, code: string) => post<Granted>("/v1/login/enrol/totp/confirm", { ticket, code }),
  enrolEmail: (ticket: string, code: string) => post<Granted>("/v1/login/enrol/email", { ticket, code }),
  askPasskey: (ticket: string) => post<Question>("/v1/login/passkey", { ticket }),
  passkey: (ticket: string, credential: unknown) => post<Granted>("/v1/login/passkey/verify", { ticket, credential }),
  beginPasskey: (ticket: string) => post<Question>("/v1/login/enrol/passkey", { ticket }),
  enrolPasskey: (ticket: string, credential: unknown, name: string) =>
    post<Granted>("/v1/login/enrol/passkey/confirm", { ticket, credential, name }),
};

/** What a refusal asks for next, if it does. */
export function nextOf(error: unknown): NextStep | null {
  if (!(error instanceof ApiError)) return null;
  const body = error.body as { next?: NextStep; mfa?: NextStep };
  return body.next ?? (body.mfa ? { ...body.mfa, step: "code" } : null);
}
