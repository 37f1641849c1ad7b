/** Countries and time zones by name, as the browser knows them. */

const CODES =
  "AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU WS XK YE ZA ZM ZW";

const names = new Intl.DisplayNames(["en"], { type: "region" });

export const COUNTRIES = CODES.split(" ")
  .map((value) => ({ value, label: names.of(value) ?? value }))
  .sort((one, other) => one.label.localeCompare(other.label));

export const ZONES = Intl.supportedValuesOf("timeZone");

export function countryName(code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** The zones and countries that match what is typed, for a Picker. */
export function zonesLike(query: string) {
  const wanted = query.toLowerCase().replaceAll(" ", "_");
  return ZONES.filter((zone) => zone.toLowerCase().includes(wanted)).slice(0, 60).map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }));
}

export function countriesLike(query: string) {
  const wanted = query.toLowerCase();
  return COUNTRIES.filter((one) => one.label.toLowerCase().includes(wanted) || one.value.toLowerCase() === wanted).map((one) => ({ ...one, key: one.value }));
}
