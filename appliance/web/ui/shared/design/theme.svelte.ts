/** Light or dark: as the system has it, until somebody chooses. */

export type Theme = "system" | "light" | "dark";

const KEY = "theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

class ThemeChoice {
  chosen = $state<Theme>(kept());

  choose(theme: Theme): void {
    this.chosen = theme;
    try {
      if (theme === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // A browser that keeps nothing shows the choice until the page is left.
    }
    this.apply();
  }

  apply(): void {
    const dark = this.chosen === "dark" || (this.chosen === "system" && systemIsDark.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }
}

export const theme = new ThemeChoice();
systemIsDark.addEventListener("change", () => theme.apply());

/** What a brand may recolour. Set through the style object, which the page's policy allows. */
export function applyBrand(colours: { primary?: string | undefined; accent?: string | undefined }): void {
  const style = document.documentElement.style;
  for (const [name, value] of Object.entries({
    "--brand-primary": colours.primary,
    "--brand-accent": colours.accent,
  })) {
    if (value && CSS.supports("color", value)) style.setProperty(name, value);
    else style.removeProperty(name);
  }
}
