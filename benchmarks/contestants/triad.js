import { readFileSync } from "node:fs";
import wabt from "wabt";
import { serve } from "./serve.js";

const scale = 0.5;

/**
 * The memory bandwidth that one thread reaches from JavaScript and from WebAssembly: the yardstick of the
 * fused rules.
 */
await serve(async (task) => {
  if (task.kind !== "triad") return undefined;
  const length = Math.ceil(task.elements / 16) * 16;
  return task.form === "JavaScript" ? javaScriptTriad(length) : wasmTriad(length, task.form === "in place");
});

function triadLoop(a, b, c, length) {
  for (let i = 0; i < length; i++) a[i] = b[i] + scale * c[i];
}

function javaScriptTriad(length) {
  const [a, b, c] = [
    new Float32Array(length),
    new Float32Array(length).fill(1),
    new Float32Array(length).fill(2),
  ];
  // Many short calls make the engine compile the loop before the long ones.
  for (let i = 0; i < 2000; i++) triadLoop(a, b, c, 1000);
  const call = () => triadLoop(a, b, c, length);
  call();
  return { call, check: () => a[length - 1] };
}

async function wasmTriad(length, inPlace) {
  const { parseWat } = await wabt();
  const source = readFileSync(new URL("triad.wat", import.meta.url), "utf8");
  const { buffer } = parseWat("triad.wat", source, { simd: true }).toBinary({});
  const { instance } = await WebAssembly.instantiate(buffer);
  const { memory, triad } = instance.exports;
  const bytes = 4 * length;
  memory.grow(Math.ceil((3 * bytes) / 65536));
  new Float32Array(memory.buffer, bytes, length).fill(1);
  new Float32Array(memory.buffer, 2 * bytes, length).fill(2);
  const call = () => triad(0, inPlace ? 0 : bytes, 2 * bytes, length, scale);
  call();
  return { call, check: () => new Float32Array(memory.buffer, 0, length)[length - 1] };
}
