export { type Label, type RandomStream, randomStream } from "./stream.js";
