/** The product's name before anybody has signed in: the page is served with its brand's. */
const served = document.querySelector<HTMLMetaElement>('meta[name="application-name"]')?.content ?? "";

export const servedBrand = served.startsWith("{{") ? "ByondVoice" : served;

/** A wordmark in two parts, the second emphasised. */
export function wordmark(name: string, suffix = ""): [string, string] {
  if (suffix && name.endsWith(suffix)) return [name.slice(0, -suffix.length), suffix];
  if (suffix) return [name, suffix];
  const hump = /^(\p{Lu}\p{Ll}+)(\p{Lu}\p{Ll}+)$/u.exec(name);
  return hump ? [hump[1]!, hump[2]!] : [name, ""];
}
