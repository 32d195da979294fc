// Numbers and times as people read them. Digits are tabular in style.css, so that a changing number does not move its neighbours.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const NONE = "–";

export const count = (value) => (value === null || value === undefined ? NONE : whole.format(value));

/** A rate: one decimal below ten, none above. */
export const rate = (value) => (value === null || value === undefined ? NONE : Math.abs(value) < 9.95 && value !== 0 ? one.format(value) : whole.format(value));

/** A number of at most five signs: 12,345 or 123k or 1.2M. */
export function short(value) {
  if (value === null || value === undefined) return NONE;
  const size = Math.abs(value);
  if (size < 100_000) return rate(value);
  return size < 999_500 ? `${whole.format(value / 1e3)}k` : `${one.format(value / 1e6)}M`;
}

export const share = (value) => (value === null || value === undefined ? NONE : `${whole.format(value * 100)} %`);

export const celsius = (value) => (value === null || value === undefined ? NONE : `${whole.format(value)} °C`);

export const watts = (value) => (value === null || value === undefined ? NONE : `${whole.format(value)} W`);

export function gib(bytes) {
  return bytes === null || bytes === undefined ? NONE : whole.format(bytes / 2 ** 30);
}

/** Minutes and seconds, or hours and minutes. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  const s = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))}`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** The time of day, with the day where it is not today's. */
export function time(instant) {
  if (instant === null || instant === undefined) return NONE; // which Date takes for 1970
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return NONE;
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : day.format(date);
}

/** The beginning of a long identifier. */
export const brief = (text, length = 10) => (text && text.length > length ? `${text.slice(0, length)}…` : (text ?? NONE));

export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
