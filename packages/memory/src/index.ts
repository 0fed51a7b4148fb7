export { exactTerm, type MemoryCategory, type MemoryTerm, totalBytes } from "./term.js";
