import type { Values } from "../../backends/backend.js";
import type { Matrix } from "../linearAlgebra.js";
import { floatBytes, type Panels, padded, panelRowBytes, panelWidth } from "./layout.js";
import { type Call, call, type Layout, type Workspace } from "./workspace.js";

/** Part of an operation; runs without allocating. */
export type Step = (workspace: Workspace) => void;

/** Kernels one after the other. */
export const calls =
  (list: readonly Call[]): Step =>
  (workspace) => {
    for (const one of list) workspace.call(one);
  };

/** Room for a matrix in panels. */
export function takePanels(layout: Layout, rows: number, columns: number): Panels {
  const [paddedRows, paddedColumns] = [padded(rows), padded(columns)];
  const address = layout.take(paddedRows * paddedColumns * floatBytes);
  return { address, rows: paddedRows, columns: paddedColumns };
}

/** Bytes that a matrix takes in rows, padded. */
export const stagingBytes = (rows: number, columns: number): number =>
  padded(rows) * padded(columns) * floatBytes;

/** A part of the workspace's numbers, as a view that is made again only where the memory has moved. */
function viewed(start: number, end: number): (floats: Float32Array) => Float32Array {
  let view: Float32Array = new Float32Array(0);
  return (floats) => {
    if (view.buffer !== floats.buffer) view = floats.subarray(start, end);
    return view;
  };
}

/** Copies a matrix into the workspace in rows, padded with zeros. */
export function stage({ rows, columns, values }: Matrix, address: number): Step {
  const start = address / floatBytes;
  const width = padded(columns);
  const end = start + padded(rows) * width;
  const staging = viewed(start, end);
  return ({ floats }) => {
    if (width === columns) floats.set(values, start);
    else copyRows(values, columns, staging(floats), width, rows);
    floats.fill(0, start + rows * width, end);
  };
}

function copyRows(from: Values, fromWidth: number, to: Values, toWidth: number, rows: number): void {
  const width = Math.min(fromWidth, toWidth);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j++) to[row * toWidth + j] = from[row * fromWidth + j] ?? 0;
    for (let j = width; j < toWidth; j++) to[row * toWidth + j] = 0;
  }
}

/** Packs a staged matrix into panels of the same shape, times a factor that may be changed between runs. */
export function pack(address: number, panels: Panels): Call {
  const { rows, columns } = panels;
  return call("pack", [address, panels.address, rows, columns / panelWidth, columns * floatBytes], [1]);
}

/** Packs a staged matrix into panels of its transpose, times a factor that may be changed between runs. */
export function packTransposed(address: number, panels: Panels): Call {
  const { rows, columns } = panels;
  return call(
    "packTransposed",
    [address, panels.address, rows, columns / panelWidth, rows * floatBytes],
    [1],
  );
}

/** Copies panels to staging room, in rows. */
export const unpack = ({ address, rows, columns }: Panels, staging: number): Call =>
  call("unpack", [staging, address, rows, columns / panelWidth, columns * floatBytes]);

/** Copies panels to a matrix outside, by way of staging room. */
export function fetch(panels: Panels, staging: number, matrix: Matrix): Step {
  const width = panels.columns;
  const toStaging = unpack(panels, staging);
  const start = staging / floatBytes;
  const staged = viewed(start, start + matrix.rows * width);
  return (workspace) => {
    workspace.call(toStaging);
    const rows = staged(workspace.floats);
    if (width === matrix.columns) matrix.values.set(rows);
    else copyRows(rows, width, matrix.values, matrix.columns, matrix.rows);
  };
}

/** The place of an entry among the memory's float32 numbers. */
export const placeOf = ({ address, rows }: Panels, row: number, column: number): number =>
  address / floatBytes +
  Math.floor(column / panelWidth) * rows * panelWidth +
  row * panelWidth +
  (column % panelWidth);

/** panels += value · I, within the first `size` rows and columns. */
export function addToDiagonal(panels: Panels, size: number, value: number): Step {
  return ({ floats }) => {
    for (let i = 0; i < size; i++) {
      const place = placeOf(panels, i, i);
      floats[place] = (floats[place] ?? 0) + value;
    }
  };
}

/**
 * The inner extent that a call sums at most, so that a panel of each factor stays in the first-level cache.
 */
const innerBlock = 512;

/** What is added to a product. */
export interface Addend {
  readonly panels: Panels;
  readonly factor: number;
}

/**
 * result = alpha · aᵀ b (+ addend), for `a` [inner, m] and `b` [inner, n]; `symmetric` where the result is
 * known to be.
 */
export function multiplyPanels(
  a: Panels,
  b: Panels,
  result: Panels,
  {
    alpha = 1,
    addend,
    symmetric = false,
  }: { readonly alpha?: number; readonly addend?: Addend; readonly symmetric?: boolean } = {},
): readonly Call[] {
  const list: Call[] = [];
  for (let from = 0; from < a.rows; from += innerBlock) {
    const added = from === 0 ? addend : { panels: result, factor: 1 };
    const product = symmetric ? "symmetricProduct" : "product";
    const offset = from * panelRowBytes;
    const words = [
      a.address + offset,
      b.address + offset,
      result.address,
      added?.panels.address ?? result.address,
      Math.min(innerBlock, a.rows - from),
      a.columns / panelWidth,
      b.columns / panelWidth,
      a.rows * panelRowBytes,
      result.rows * panelRowBytes,
    ];
    list.push(call(added === undefined ? product : `${product}Add`, words, [alpha, added?.factor ?? 0]));
  }
  return list;
}
