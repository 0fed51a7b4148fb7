import { encodeModule } from "../../backends/wasm/encoder.js";
import { SteepestError } from "../../errors.js";
import { columnGramKernel, rotateRowsKernel } from "./eigen/kernels.js";
import { poleRowsKernel } from "./eigen/poles/poleKernel.js";
import {
  reflectRowsKernel,
  restoreKernel,
  symmetricVectorKernel,
  tridiagonaliseKernel,
} from "./eigen/reflectionKernels.js";
import { packKernel, packTransposedKernel, sumOfSquaresKernel, unpackKernel } from "./packKernels.js";
import { productKernel } from "./productKernel.js";
import { columnDotsKernel, columnUpdateKernel, scaleColumnsKernel } from "./qr/kernels.js";

/** The functions of the module; their order is that of its exports. */
const kernels = {
  product: () => productKernel({ form: "plain" }),
  productAdd: () => productKernel({ form: "add" }),
  productOnto: () => productKernel({ form: "onto" }),
  symmetricProduct: () => productKernel({ symmetric: true, form: "plain" }),
  symmetricProductAdd: () => productKernel({ symmetric: true, form: "add" }),
  pack: packKernel,
  packTransposed: packTransposedKernel,
  unpack: unpackKernel,
  sumOfSquares: sumOfSquaresKernel,
  symmetricVector: symmetricVectorKernel,
  tridiagonalise: tridiagonaliseKernel,
  restore: restoreKernel,
  reflectRows: reflectRowsKernel,
  rotateRows: rotateRowsKernel,
  columnGram: columnGramKernel,
  poleRows: poleRowsKernel,
  columnDots: columnDotsKernel,
  columnUpdate: columnUpdateKernel,
  scaleColumns: scaleColumnsKernel,
};
export type KernelName = keyof typeof kernels;

const names = Object.keys(kernels);

let compiled: WebAssembly.Module | undefined;

const pageBytes = 65_536;
const maximumPages = 65_536;

/** The descriptor of the call under way lies at address 0; scratch begins behind it. */
const descriptorBytes = 128;

/**
 * The memory in which kernels work, and the kernels. Operations copy their matrices in and their results out,
 * so that the arrays may lie anywhere; since nothing stays here between runs, all operations share the same
 * bytes.
 */
export class Workspace {
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages });
  readonly #functions: ReadonlyMap<string, (descriptor: number) => void>;
  #floats = new Float32Array(this.#memory.buffer);
  #words = new Int32Array(this.#memory.buffer);
  #doubles = new Float64Array(this.#memory.buffer);

  constructor() {
    compiled ??= new WebAssembly.Module(encodeModule(Object.values(kernels).map((kernel) => kernel())));
    const { exports } = new WebAssembly.Instance(compiled, { arena: { memory: this.#memory } });
    this.#functions = new Map(
      names.map((name, index) => {
        const kernel = exports[String(index)];
        if (typeof kernel !== "function") throw new Error(`internal: kernel ${name} is missing`);
        return [
          name,
          (descriptor: number) => {
            kernel(descriptor);
          },
        ];
      }),
    );
  }

  /** The whole memory as float32. Ask again after `reserve`, which may move it. */
  get floats(): Float32Array {
    return this.#floats;
  }

  /** The whole memory as float64. Ask again after `reserve`, which may move it. */
  get doubles(): Float64Array {
    return this.#doubles;
  }

  /** Makes sure that a layout fits. */
  reserve(layout: Layout): void {
    const missing = Math.ceil((layout.end - this.#floats.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      throw new SteepestError(
        "unavailable",
        `linear algebra needs ${layout.end} bytes of WebAssembly memory, more than can be had here`,
        "Use smaller matrices, or smaller blocks of them",
        { cause },
      );
    }
    this.#floats = new Float32Array(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#doubles = new Float64Array(this.#memory.buffer);
  }

  /** Runs a kernel with a descriptor. */
  call({ kernel, words, factors }: Call): void {
    // One by one: of so few numbers, `set` would cost more than many a kernel.
    for (let i = 0; i < words.length; i++) this.#words[i] = words[i] ?? 0;
    for (let i = 0; i < factors.length; i++) this.#floats[words.length + i] = factors[i] ?? 0;
    this.#functions.get(kernel)?.(0);
  }
}

/** A kernel's call: the words of its descriptor, then the factors. */
export interface Call {
  readonly kernel: KernelName;
  readonly words: Int32Array;
  readonly factors: Float32Array;
}

export const call = (
  kernel: KernelName,
  words: readonly number[],
  factors: readonly number[] = [],
): Call => ({
  kernel,
  words: Int32Array.from(words),
  factors: Float32Array.from(factors),
});

/** Addresses in a workspace, handed out one after the other. */
export class Layout {
  #end = descriptorBytes;

  get end(): number {
    return this.#end;
  }

  /** The address of so many bytes, aligned to 64. */
  take(bytes: number): number {
    const address = this.#end;
    this.#end = Math.ceil((address + bytes) / 64) * 64;
    return address;
  }
}
