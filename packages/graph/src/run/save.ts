import type { CompiledGraph } from "./compile.js";

/**
 * Writes the ONNX model to a file that other ONNX runtimes read. The file appears whole or not at all: it is
 * written beside its place under a temporary name, synchronised, and renamed.
 */
export async function saveModel(compiled: CompiledGraph, path: string): Promise<void> {
  // Imported only here: everything else in this package also works in the browser.
  const { open, rename, rm } = await import("node:fs/promises");
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(compiled.onnx);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
