// One chart: lines over time, drawn by uPlot in the page's colours.

/* global uPlot */
import { short } from "./format.js";

const HEIGHT = 220;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour of a line by its place; the place after the last stands for all the rest. */
export const lineColour = (place) => colour(place === "rest" ? "--line-rest" : `--line-${place % 8}`);

export class Chart {
  #host;
  #plot = null;
  #shape = "";
  #onCursor;

  /** @param onCursor (index | null), the place in time the pointer is at */
  constructor(host, onCursor) {
    this.#host = host;
    this.#onCursor = onCursor;
    new ResizeObserver(() => this.#plot?.setSize({ width: host.clientWidth, height: HEIGHT })).observe(host);
  }

  /**
   * Draws.
   *
   * @param times seconds since 1970
   * @param lines [{colour, values}], the first one filled when it is alone
   * @param span  the axis' beginning and end
   * @param label what a screen reader says instead
   */
  draw(times, lines, span, label) {
    this.#host.setAttribute("role", "img");
    this.#host.setAttribute("aria-label", label);
    const shape = lines.map((line) => line.colour).join() + colour("--ground");
    if (shape !== this.#shape) {
      this.clear();
      this.#shape = shape;
      this.#plot = new uPlot(this.#options(lines, span), [times, ...lines.map((line) => line.values)], this.#host);
    } else {
      this.#plot.batch(() => {
        this.#plot.setData([times, ...lines.map((line) => line.values)], false);
        this.#plot.setScale("x", { min: span[0], max: span[1] });
      });
    }
  }

  clear() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#shape = "";
  }

  #options(lines, span) {
    const axis = {
      stroke: colour("--muted"),
      font: '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      grid: { stroke: colour("--grid"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.#host.clientWidth,
      height: HEIGHT,
      padding: [8, 18, 0, 0], // at the right, half of the last label
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, min: span[0], max: span[1] },
        y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 100] },
      },
      axes: [
        { ...axis, grid: { show: false }, incrs: [60, 120, 300], space: 48, size: 28, values: (_, splits) => splits.map(hoursAndMinutes) },
        { ...axis, size: 52, space: 42, values: (_, splits) => splits.map(short) },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          stroke: line.colour,
          width: 1.75,
          fill: lines.length === 1 ? `${line.colour}26` : undefined,
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [(plot) => this.#onCursor(plot.cursor.left >= 0 ? plot.cursor.idx : null)] },
    };
  }
}

function hoursAndMinutes(seconds) {
  const date = new Date(seconds * 1000);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}${date.getSeconds() ? `:${two(date.getSeconds())}` : ""}`;
}
