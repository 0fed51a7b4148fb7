export { writeFileAtomically } from "./atomic.js";
