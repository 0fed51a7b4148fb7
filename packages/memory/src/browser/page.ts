import { createClosureOptimizer, createOptimizer, optimizerOf, parseOptimizerSpec } from "@steepest/optim";
import type { ArenaRequest, BrowserArena } from "./arena.js";

/** Size of a parameter's elements: small enough for no step to leave what is finite. */
const value = 0.01;

/**
 * Runs in a page: builds an optimizer, takes a step of f(x) = |x|²/2, and says how long WebAssembly's memories
 * are then. In Node it does the same.
 *
 * @throws SteepestError for what the optimizer refuses
 */
export function measureArena({ optimizer: text, parameters }: ArenaRequest): BrowserArena {
  const memories: WebAssembly.Memory[] = [];
  const { Memory } = WebAssembly;
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, [descriptor]: [WebAssembly.MemoryDescriptor]) {
      const memory = new target(descriptor);
      memories.push(memory);
      return memory;
    },
  });
  try {
    const spec = parseOptimizerSpec(text);
    const closure = optimizerOf(spec).kind === "closure";
    const optimizer = closure ? createClosureOptimizer(spec, parameters) : createOptimizer(spec, parameters);
    const evaluate = (): number => {
      let loss = 0;
      for (const { name } of parameters) {
        const x = optimizer.parameter(name);
        optimizer.gradient(name).set(x);
        for (const each of x) loss += (each * each) / 2;
      }
      return loss;
    };
    for (const { name } of parameters) optimizer.parameter(name).fill(value);
    evaluate();
    optimizer.step(evaluate);
    const sum = (arrays: readonly { readonly byteLength: number }[]) =>
      arrays.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    return {
      parameters: sum(parameters.map(({ name }) => optimizer.parameter(name))),
      gradients: sum(parameters.map(({ name }) => optimizer.gradient(name))),
      state: sum([...optimizer.saveState().tensors.values()].map(({ data }) => data)),
      arena: optimizer.memory.byteLength,
      memories: memories.map(({ buffer }) => buffer.byteLength),
    };
  } finally {
    WebAssembly.Memory = Memory;
  }
}
