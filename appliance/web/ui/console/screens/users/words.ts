export const ROLES: Record<string, string> = {
  user: "User",
  tenant_admin: "Tenant admin",
  reseller_operator: "Reseller operator",
  platform_operator: "Platform operator",
};
