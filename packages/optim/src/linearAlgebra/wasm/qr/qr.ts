import type { Matrix, QrTask } from "../../linearAlgebra.js";
import { floatBytes, type Panels, padded, panelRowBytes, panelWidth } from "../layout.js";
import { fetch, pack, placeOf, type Step, stage, stagingBytes, takePanels } from "../steps.js";
import { type Call, call, type Layout, type Workspace } from "../workspace.js";

/*
 * Householder QR in float32, eight columns at a time (Schreiber, Van Loan, A storage-efficient WY
 * representation, 1989): the eight reflections I − vvᵀ of a panel are I − V T Vᵀ together, and are applied to
 * the panels behind it by products. The v take the places of the entries that they make zero; q is grown from
 * the identity by the same reflections from the last panel to the first.
 *
 * Every column is first divided by its largest entry, which changes r alone: else the squares of small
 * columns would underflow.
 */

/** Sums of squares below this, of columns with largest entry 1, are of zeros and rounding. */
const negligibleSquare = 1e-37;

const blockBytes = panelWidth * panelRowBytes;
const blockFloats = blockBytes / floatBytes;

/** The reflections of one panel. */
interface PanelStep {
  readonly firstColumn: number;
  /** VᵀV, of which T is made. */
  readonly gram: Call;
  /** T, and its transpose behind it, among the memory's numbers. */
  readonly t: number;
  /** C ← (I − V Tᵀ Vᵀ)C on the panels behind this one. */
  readonly reduce: readonly Call[];
  /** C ← (I − V T Vᵀ)C on q's panels from this one on. */
  readonly build: readonly Call[];
}

/** A decomposition into the task's arrays; all NaN where an entry is not finite. */
export function qrSteps({ matrix, q, r }: QrTask, layout: Layout): readonly Step[] {
  const { rows, columns } = matrix;
  const staging = layout.take(stagingBytes(rows, columns));
  const a = takePanels(layout, rows, columns);
  const built = takePanels(layout, rows, columns);
  const [dots, factors] = [layout.take(panelRowBytes), layout.take(2 * panelRowBytes)];
  const scratch: Scratch = {
    dots: call("columnDots", [0, dots, 0, 0]),
    update: call("columnUpdate", [0, factors, 0, 0]),
    diagonal: new Float64Array(panelWidth),
    gram: layout.take(blockBytes),
    turned: layout.take(padded(rows) * panelRowBytes),
    image: layout.take(padded(columns) * panelRowBytes),
    combined: layout.take(padded(columns) * panelRowBytes),
  };
  const panels = Array.from({ length: a.columns / panelWidth }, (_, index) =>
    planPanel(a, built, index, scratch, layout.take(2 * blockBytes)),
  );
  const scales = new Float64Array(columns);
  const load = stage(matrix, staging);
  const packing = pack(staging, a);
  const divisors = layout.take(2 * a.columns * floatBytes);
  const scaling = call("scaleColumns", [a.address, divisors, a.rows, a.columns / panelWidth]);
  const store = fetch(built, staging, q);
  return [
    (workspace) => {
      const { floats } = workspace;
      load(workspace);
      workspace.call(packing);
      workspace.call(scaling);
      if (!readScales(floats, divisors / floatBytes, scales)) {
        q.values.fill(Number.NaN);
        r?.values.fill(Number.NaN);
        return;
      }
      for (const panel of panels) {
        factorPanel(workspace, a, matrix, panel.firstColumn, scratch);
        if (r !== undefined) copyTriangle(floats, a, panel.firstColumn, scratch.diagonal, scales, r);
        clearAboveDiagonal(floats, a, panel.firstColumn);
        workspace.call(panel.gram);
        composeReflections(floats, scratch.gram / floatBytes, panel.t);
        for (const one of panel.reduce) workspace.call(one);
      }
      const start = built.address / floatBytes;
      floats.fill(0, start, start + built.rows * built.columns);
      for (let i = 0; i < columns; i++) floats[placeOf(built, i, i)] = 1;
      for (const panel of panels.toReversed()) for (const one of panel.build) workspace.call(one);
      store(workspace);
    },
  ];
}

/** What every panel uses anew. */
interface Scratch {
  /** A column's eight dot products. */
  readonly dots: Call;
  /** By eight multipliers and eight coefficients. */
  readonly update: Call;
  /** r's entries on the diagonal. */
  readonly diagonal: Float64Array;
  /** Addresses: of VᵀV. */
  readonly gram: number;
  /** Vᵀ in panels. */
  readonly turned: number;
  /** VᵀC. */
  readonly image: number;
  /** T or Tᵀ times that. */
  readonly combined: number;
}

function planPanel(a: Panels, built: Panels, index: number, scratch: Scratch, tAddress: number): PanelStep {
  const first = index * panelWidth;
  const height = a.rows - first;
  const panelBytes = a.rows * panelRowBytes;
  const v = a.address + index * panelBytes + first * panelRowBytes;
  const turn = call(
    "packTransposed",
    [v, scratch.turned, panelWidth, height / panelWidth, panelRowBytes],
    [1],
  );
  const { turned, image, combined, gram } = scratch;
  const t = { plain: tAddress, transposed: tAddress + blockBytes };
  /** The kernel multiplies by its left factor's transpose. */
  const apply = (target: Panels, from: number, left: number): readonly Call[] => {
    const c = target.address + from * panelBytes + first * panelRowBytes;
    const count = target.columns / panelWidth - from;
    if (count === 0) return [];
    return [
      turn,
      call("product", [v, c, image, image, height, 1, count, panelBytes, blockBytes], [1, 0]),
      call(
        "product",
        [left, image, combined, combined, panelWidth, 1, count, blockBytes, blockBytes],
        [-1, 0],
      ),
      call("productOnto", [
        ...[turned, combined, c, c, panelWidth, height / panelWidth, count],
        ...[blockBytes, panelBytes],
      ]),
    ];
  };
  return {
    firstColumn: first,
    gram: call("product", [v, v, gram, gram, height, 1, 1, panelBytes, blockBytes], [1, 0]),
    t: tAddress / floatBytes,
    reduce: apply(a, index + 1, t.plain),
    build: apply(built, index, t.transposed),
  };
}

/** The columns' divisors; whether all entries are finite. */
function readScales(floats: Float32Array, divisors: number, scales: Float64Array): boolean {
  let zero = 0;
  for (let j = 0; j < scales.length; j++) {
    const place = divisors + 2 * j - (j % panelWidth);
    const scale = floats[place] ?? 0;
    zero += (floats[place + panelWidth] ?? 0) + 0 * scale;
    scales[j] = scale;
  }
  return zero === 0;
}

/** Reflects the panel's columns, one after the other, on the panel alone. */
function factorPanel(
  workspace: Workspace,
  a: Panels,
  { rows, columns }: Matrix,
  firstColumn: number,
  { dots: dotsCall, update, diagonal }: Scratch,
): void {
  const { floats } = workspace;
  const dots = (dotsCall.words[1] ?? 0) / floatBytes;
  const multipliers = (update.words[1] ?? 0) / floatBytes;
  const coefficients = multipliers + panelWidth;
  diagonal.fill(0);
  for (let c = 0; c < Math.min(panelWidth, columns - firstColumn); c++) {
    const row = firstColumn + c;
    const own = placeOf(a, row, firstColumn);
    const kept = floats[own + c] ?? 0;
    for (const { words } of [dotsCall, update]) {
      words[0] = (own + panelWidth) * floatBytes;
      words[2] = rows - row - 1;
      words[3] = c * floatBytes;
    }
    workspace.call(dotsCall);
    const rest = floats[dots + c] ?? 0;
    const reflects = rest >= negligibleSquare;
    const norm = Math.sqrt(kept * kept + rest);
    const entry = !reflects ? kept : kept > 0 ? -norm : norm;
    const unit = reflects ? 1 / Math.sqrt(norm * (norm + Math.abs(kept))) : 0;
    const head = (kept - entry) * unit;
    for (let j = 0; j < panelWidth; j++) {
      const dot = j > c ? unit * (floats[dots + j] ?? 0) + head * (floats[own + j] ?? 0) : 0;
      floats[multipliers + j] = j === c ? unit : 1;
      floats[coefficients + j] = unit * dot;
      floats[own + j] = (floats[own + j] ?? 0) - head * dot;
    }
    floats[own + c] = head;
    diagonal[c] = entry;
    workspace.call(update);
  }
}

/** Writes the columns of r that a factored panel holds. */
function copyTriangle(
  floats: Float32Array,
  a: Panels,
  firstColumn: number,
  entries: Float64Array,
  scales: Float64Array,
  { columns, values }: Matrix,
): void {
  for (let j = firstColumn; j < Math.min(columns, firstColumn + panelWidth); j++) {
    const scale = scales[j] ?? 1;
    for (let i = 0; i < columns; i++) {
      const entry = i < j ? floats[placeOf(a, i, j)] : i === j ? entries[j - firstColumn] : 0;
      values[i * columns + j] = (entry ?? 0) * scale;
    }
  }
}

/** Leaves V alone in the panel's square block on the diagonal. */
function clearAboveDiagonal(floats: Float32Array, a: Panels, firstColumn: number): void {
  for (let i = 0; i < panelWidth; i++) {
    const row = placeOf(a, firstColumn + i, firstColumn);
    floats.fill(0, row + i + 1, row + panelWidth);
  }
}

/**
 * T of I − V T Vᵀ = H₁H₂…H₈ from VᵀV: its column j is −T VᵀV e_j above the diagonal, 1 on it. The transpose
 * goes behind it.
 */
function composeReflections(floats: Float32Array, gram: number, t: number): void {
  floats.fill(0, t, t + 2 * blockFloats);
  for (let j = 0; j < panelWidth; j++) {
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = i; k < j; k++) {
        sum += (floats[t + i * panelWidth + k] ?? 0) * (floats[gram + k * panelWidth + j] ?? 0);
      }
      floats[t + i * panelWidth + j] = -sum;
      floats[t + blockFloats + j * panelWidth + i] = -sum;
    }
    floats[t + j * panelWidth + j] = 1;
    floats[t + blockFloats + j * panelWidth + j] = 1;
  }
}
