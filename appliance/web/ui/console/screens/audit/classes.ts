export const CLASSES = [
  { value: "", label: "All actions" },
  { value: "sign_in", label: "Sign-ins" },
  { value: "secrets", label: "Passwords and secrets" },
  { value: "configuration", label: "Configuration" },
  { value: "exports", label: "Exports" },
];
