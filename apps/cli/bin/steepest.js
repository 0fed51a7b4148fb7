#!/usr/bin/env node
// Committed, so that `npx steepest` exists right after `npm ci`; the program itself is built by
// `npm run build`.
import { existsSync } from "node:fs";

// A reader that has seen enough, as in `steepest claims run --all | head`, is no failure.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const program = new URL("../dist/main.js", import.meta.url);
if (existsSync(program)) {
  const { main } = await import(program.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write("steepest is not built yet. Run: npm run build\n");
  process.exitCode = 1;
}
