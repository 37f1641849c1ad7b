/** What `/v1` answers, by the names that it uses. What may be absent is marked so. */

export type Tier = "platform" | "reseller" | "tenant" | "user";
export type Status = "active" | "suspended";

export interface Page<T> {
  data: T[];
  page: { next: string | null; total: number | null };
}

export interface ErrorBody {
  code: string;
  message: string;
  fields?: Record<string, string>;
}

/** Signing in */

export type Factor = "totp" | "email" | "recovery" | "passkey";

export interface Token {
  token: string;
  expires_in: number;
  tier: Tier;
  scope?: unknown;
}

/** What a sign-in asks for next, under a ticket that opens this step alone. */
export interface NextStep {
  step: "code" | "change_password" | "enrol";
  ticket: string;
  methods?: Factor[];
  /** Enough of the address to know it by. */
  email?: string;
}

export interface Me {
  name: string;
  username: string;
  email: string | null;
  tier: Tier;
  reseller: { code: string; name: string } | null;
  tenant: { slug: string; name: string; time_zone?: string } | null;
  second_factors: SecondFactors;
  notices: Notice[];
}

export interface Notice {
  code: string;
  message: string;
  tone: string;
}

export interface SecondFactors {
  totp: boolean;
  email_otp: boolean;
  passkeys: Passkey[];
  /** How many are left. */
  recovery_codes: number;
  /** The policy asks for a second factor. */
  required: boolean;
}

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at?: string | null;
}

export interface Login {
  id: string;
  current?: boolean;
  address: string;
  user_agent: string;
  created_at: string;
  last_used_at?: string;
  used_at?: string;
}

export interface Enrolment {
  secret: string;
  uri: string;
  /** An SVG document of the address. */
  qr: string;
}

export interface Invitation {
  kind: "invitation" | "reset";
  name: string;
  username: string;
  email: string;
  tenant: string | null;
  reseller: string | null;
  rules: PasswordRules;
}

export interface PasswordRules {
  min_length: number;
  block_common?: boolean;
  no_reuse?: number;
}

/** The frame */

/** The figures of the caller's scope, and what the box is. */
export interface Overview {
  box: { brand: string; environment: string; version: string; region: string; build: string; primary?: string; accent?: string };
  /** For the platform alone. */
  resellers: number | null;
  tenants: number;
  suspended_tenants: number;
  extensions: number;
  devices: number;
  users: number;
  registered_devices: number;
  live_calls: number;
  status: Health;
}

export interface Capped {
  used: number;
  /** 0 is no limit. */
  cap: number;
}

export interface TenantOverview {
  tenant: string;
  name: string;
  extensions: Capped;
  devices: Capped;
  live_calls: Capped;
  users: number;
  devices_by_status: Record<DeviceState, number>;
  extensions_by_status: Record<DeviceState, number>;
}

export type Health = "operational" | "degraded" | "outage";

/** What the rail counts. */
export interface Counts {
  resellers?: number | undefined;
  tenants?: number | undefined;
  extensions?: number | undefined;
  users?: number | undefined;
  live_calls?: number | undefined;
  failed_mails?: number | undefined;
}

/** Tenancy */

export interface Reseller {
  /** In upper case; paths carry it in lower case. */
  code: string;
  name: string;
  admin_email: string;
  plan: string;
  region: string;
  status: Status;
  caps: ResellerCaps;
  used: Partial<Record<keyof ResellerCaps, number>>;
  entitlements: Record<string, boolean>;
  admin: LoginView | null;
  created_at: string;
  version: number;
}

/** The first login, that of the primary admin or owner. */
export interface LoginView {
  username: string;
  name: string;
  email: string;
  status: UserStatus;
}

/** Over all its tenants together; null is no ceiling. */
export interface ResellerCaps {
  tenants: number | null;
  extensions: number | null;
  numbers: number | null;
  concurrent_pstn: number | null;
  rooms: number | null;
}

export interface Tenant {
  slug: string;
  name: string;
  status: Status;
  /** Suspended where its reseller is, whatever its own status. */
  effective_status: Status;
  /** A code in lower case; null for a direct tenant. */
  reseller: string | null;
  reseller_name: string | null;
  dial_prefix: string;
  country: string;
  time_zone: string;
  caps: TenantCaps;
  used: { extensions: number; devices: number };
  capabilities: Record<string, boolean>;
  users: number;
  owner: LoginView | null;
  created_at: string;
  version: number;
}

export interface TenantPage extends Page<Tenant> {
  /** Over the whole scope, whatever the list is narrowed to. */
  counts?: { tenants: number; active: number; suspended: number; extensions: number };
}

/** 0 is no limit. */
export interface TenantCaps {
  extensions: number;
  devices: number;
  numbers: number;
  concurrent_calls: number;
}

/** What a deletion would destroy; `words` says it in a sentence. */
export interface Contents {
  data?: { noun: string; count: number; words: string }[];
  words: string;
}

/** Hosted PBX */

export type UserStatus = "invited" | "active" | "disabled";
export type Role = "user" | "tenant_admin" | "reseller_operator" | "platform_operator" | string;

/** A user of a tenant, or an operator of a reseller or the platform. */
export interface User {
  username: string;
  name: string;
  email: string;
  role: Role;
  /** The login that came with the tenant or reseller. */
  owner: boolean;
  tenant: string | null;
  reseller: string | null;
  status: UserStatus;
  /** The strongest factor in force. */
  security: string;
  /** The emailed one-time code. */
  require_second_factor: boolean;
  /** An app is enrolled. */
  authenticator: boolean;
  passkeys: number;
  force_change: boolean;
  extensions: UserLink[];
  created_at: string | null;
  last_sign_in_at: string | null;
  version: number;
}

export interface UserPage extends Page<User> {
  counts?: { users: number; active: number; invited: number; disabled: number; second_factor: number; unlinked: number };
}

export interface UserLink {
  extension: string;
  name: string;
  role: "primary" | "secondary";
  shared?: boolean;
}

export type DeviceState = "registered" | "idle" | "expired" | "rejected" | "unreachable";
export type DeviceType = "browser" | "desk" | "mobile";

export interface Extension {
  extension: string;
  name: string;
  enabled: boolean;
  shared: boolean;
  ring_seconds: number;
  voicemail: string;
  devices: number;
  registered_devices: number;
  registered: boolean;
  /** That of its best device if one is registered, else of its worst one. */
  status: DeviceState;
  last_registration: string | null;
  /** The names of who answers it. */
  users: string[];
  version: number;
}

/** What the line under a number says. */
export interface NumberHint {
  number: string;
  free: boolean;
  owner: string;
  band: string;
  next: string;
  words: string;
}

export interface Device {
  username: string;
  type: DeviceType;
  name: string;
  extension: string;
  media_security: MediaSecurity;
  md5_only: boolean;
  status: DeviceState;
  address: string;
  transport: string;
  expected_transport: string;
  user_agent: string;
  last_seen: string | null;
  expires_at: string | null;
  contacts: number;
  rejection: string;
  blocked: { address: string; reason: string; since: string }[];
  version: number;
}

export type MediaSecurity = "plain" | "optional" | "required";

/** The answer to a creation or a rotation, the only ones that hold the secret. */
export interface MadeDevice extends Device {
  secret: string;
}

export interface Registrar {
  username: string;
  /** The whole block, to be copied. */
  text: string;
}

export interface Block {
  /** `*` is everybody at the address. */
  username: string;
  address: string;
  reason: string;
  since: string;
  /** Empty for a name that nobody has. */
  tenant: string;
  extension: string;
}

/** Calls */

export interface Call {
  id: string;
  tenant: string;
  from: string;
  from_name: string;
  to: string;
  direction: string;
  start: string;
  answered_at: string | null;
  end: string | null;
  seconds: number;
  disposition: string | null;
  answered_by: string;
  ended_by: string | null;
  reason: string;
}

export interface CallDetail extends Call {
  /** `two-way`, `one-way` or `none`. */
  media: string;
  timeline: TimelineEntry[];
  legs: Leg[];
}

export interface TimelineEntry {
  /** Seconds since the call arrived. */
  t: number;
  event: string;
  note: string;
}

export interface Leg {
  direction: string;
  number: string;
  username: string;
  address: string;
  transport: string;
  user_agent: string;
  outcome: string;
  codec: string;
  secure_media: boolean;
  start: string | null;
  answered_at: string | null;
  end: string | null;
  received: MediaFigures;
  sent: MediaFigures;
}

export interface MediaFigures {
  packets: number;
  bytes?: number;
  lost: number;
  jitter_ms: number;
}

/** Governance */

export interface PolicyFields {
  min_length: number;
  block_common: boolean;
  no_reuse: number;
  require_admin_2fa: boolean;
  lockout_fails: number;
  lockout_minutes: number;
}

export interface Policy extends PolicyFields {
  floor?: Partial<PolicyFields> | null;
  coverage?: { users?: number; admins?: number } | null;
  source?: string | null;
  version: number;
}

export interface AuditRow {
  id: string | number;
  when: string;
  actor: string;
  action: string;
  target: string;
  scope: string;
  address?: string | null;
  detail?: Record<string, unknown> | null;
  hash?: string;
}

export interface AuditCheck {
  rows: number;
  whole: boolean;
  broken_at?: number | null;
}

/** Platform */

export interface ApiKey {
  id: string;
  label: string;
  tier: Tier;
  reseller: string | null;
  tenant: string | null;
  scopes: string[];
  state: string;
  made_by: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface MadeApiKey extends ApiKey {
  secret: string;
}

export interface Webhook {
  id: string;
  label: string;
  url: string;
  events: string[];
  status: string;
  tenant?: string | null;
  reseller?: string | null;
  last_delivery?: { at?: string; status?: string | number } | string | null;
  version: number;
  secret?: string | null;
}

export interface Delivery {
  id: string;
  event: string;
  created_at: string;
  status: string;
  code?: number | null;
  tries: number;
  next_try_at?: string | null;
  body?: unknown;
  error?: string | null;
}

export interface HealthReport {
  status: Health;
  /** For the platform's operators; empty for others. */
  groups: HealthGroup[];
}

export interface HealthGroup {
  name: string;
  /** `operational`, or how many are not, such as `1 degraded`. */
  status: string;
  components: HealthComponent[];
}

export interface HealthComponent {
  key: string;
  name: string;
  note: string;
  state: "up" | "degraded" | "down";
  group: string;
}

export interface MailSettings {
  configured: boolean;
  host: string;
  port: number;
  security: "none" | "starttls" | "tls";
  username: string;
  has_password: boolean;
  from_name: string;
  from_address: string;
}

export interface Mail {
  id: string;
  kind: string;
  recipient: string;
  state: string;
  tries: number;
  error: string;
  created_at: string;
  next_at: string | null;
  sent_at: string | null;
}

export interface ReadMail extends Mail {
  subject: string;
  text: string;
  html: string;
}

/** Search */

/** `id` is what a path names it by, within `tenant` (a slug) and `extension` where it has them. */
export interface Hit {
  kind: string;
  id: string;
  title: string;
  note: string;
  tenant: string;
  tenant_name: string;
  extension: string;
  state: string;
}
