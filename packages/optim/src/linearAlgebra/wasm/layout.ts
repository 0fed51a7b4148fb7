/*
 * Matrices lie in column panels: columns 8p to 8p+7 of every row, row after row, then the next panel. Rows
 * and columns are padded with zeros to multiples of 8, so that kernels know no edges. A product reads its
 * left factor transposed, in this same layout; so a symmetric matrix serves on either side as it is, and
 * products of symmetric matrices need no packing between them.
 */

/** Columns of a panel. */
export const panelWidth = 8;

export const floatBytes = 4;

/** Bytes of a panel's row. */
export const panelRowBytes = panelWidth * floatBytes;

/** The least multiple of 8 above 0 that is not below the extent. */
export const padded = (extent: number): number => Math.max(1, Math.ceil(extent / panelWidth)) * panelWidth;

/** A matrix in panels, at a byte address of the workspace; both extents are multiples of 8. */
export interface Panels {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
}
