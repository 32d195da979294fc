// All devices over time in one picture: a row a device, brighter where it computes faster. Two hundred rows still fit.

const HEIGHT = 220;
const AXIS = 20;

export class Heat {
  #host;
  #canvas = document.createElement("canvas");
  #rows = [];
  #onRow;

  /** @param onRow (name | null), the row the pointer is at */
  constructor(host, onRow) {
    this.#host = host;
    this.#onRow = onRow;
    this.#canvas.className = "heat";
    this.#canvas.addEventListener("pointermove", (event) => {
      const row = this.#rows[Math.floor((event.offsetY / (HEIGHT - AXIS)) * this.#rows.length)];
      this.#onRow(row ? row.name : null);
    });
    this.#canvas.addEventListener("pointerleave", () => this.#onRow(null));
  }

  /**
   * Draws.
   *
   * @param rows    [{name, values}]
   * @param buckets how many values fill the width
   */
  draw(rows, buckets, label) {
    this.#rows = rows;
    if (this.#canvas.parentElement !== this.#host) this.#host.replaceChildren(this.#canvas);
    this.#host.setAttribute("role", "img");
    this.#host.setAttribute("aria-label", label);
    const scale = devicePixelRatio || 1;
    const width = this.#host.clientWidth;
    if (this.#canvas.width !== Math.round(width * scale)) {
      this.#canvas.width = Math.round(width * scale);
      this.#canvas.height = Math.round(HEIGHT * scale);
    }
    const style = getComputedStyle(document.documentElement);
    const paint = this.#canvas.getContext("2d");
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, HEIGHT);
    const most = rows.reduce((best, row) => row.values.reduce((high, value) => Math.max(high, value), best), 0);
    const tall = (HEIGHT - AXIS) / Math.max(1, rows.length);
    const gap = tall > 6 ? 1 : 0;
    const wide = width / buckets;
    rows.forEach((row, y) => {
      paint.globalAlpha = 1;
      paint.fillStyle = style.getPropertyValue("--raised");
      paint.fillRect(0, y * tall, width, tall - gap);
      paint.fillStyle = style.getPropertyValue("--line-0");
      const first = buckets - row.values.length;
      row.values.forEach((value, x) => {
        if (value <= 0 || most <= 0) return;
        paint.globalAlpha = 0.12 + 0.88 * (value / most);
        paint.fillRect((first + x) * wide, y * tall, wide + 0.5, tall - gap);
      });
    });
    paint.globalAlpha = 1;
    paint.fillStyle = style.getPropertyValue("--muted");
    paint.font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
    paint.fillText("8 min ago", 0, HEIGHT - 4);
    paint.textAlign = "right";
    paint.fillText("now", width, HEIGHT - 4);
    paint.textAlign = "left";
  }
}
