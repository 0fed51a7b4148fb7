import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { dirname, join, normalize, sep } from "node:path";
import type { z } from "zod";
import { type ArenaRequest, pageReplySchema } from "./arena.js";

/** What the page posted, and the browser's name for itself. */
export interface PageAnswer {
  readonly reply: z.infer<typeof pageReplySchema>;
  readonly browser: string;
}

/** A page that measures, served to this machine alone. */
export interface PageServer {
  readonly url: string;
  readonly answered: Promise<PageAnswer>;
  close(): Promise<void>;
}

/** Packages that the page imports, as they are built: modules without dependencies of their own. */
const packages = { "@steepest/memory": "/memory", "@steepest/optim": "/optim" } as const;

/** The page. Everything it needs comes from the server: its policy allows nothing else. */
const page = `<!doctype html><meta charset="utf-8"><title>Memory of an optimizer</title>
<script type="importmap">${JSON.stringify({
  imports: { "@steepest/optim": `${packages["@steepest/optim"]}/index.js` },
})}</script>
<script type="module" src="${packages["@steepest/memory"]}/browser/main.js"></script>`;

/** Characters of an answer. */
const mostAnswer = 1e5;

/** Serves the page, what it is asked, and the built modules; takes its answer. */
export async function servePage(request: ArenaRequest): Promise<PageServer> {
  const { resolve: locate } = createRequire(import.meta.url);
  // Built modules, also where this one is a source.
  const folders = Object.entries(packages).map(([name, path]) => ({
    path,
    folder: join(dirname(locate(name)), "..", "dist"),
  }));
  const answer: { resolve(answer: PageAnswer): void; reject(error: unknown): void } = {
    resolve: () => {},
    reject: () => {},
  };
  const answered = new Promise<PageAnswer>((resolve, reject) => Object.assign(answer, { resolve, reject }));
  const server = createServer((incoming, outgoing) => {
    const send = (status: number, type: string, body: string | Uint8Array) =>
      outgoing.writeHead(status, { "content-type": type }).end(body);
    const path = incoming.url ?? "";
    if (path === "/") return send(200, "text/html", page);
    if (path === "/request") return send(200, "application/json", JSON.stringify(request));
    if (path === "/answer")
      return void bodyOf(incoming)
        .then((text) => {
          const reply = pageReplySchema.parse(JSON.parse(text));
          answer.resolve({ reply, browser: incoming.headers["user-agent"] ?? "" });
          send(204, "text/plain", "");
        })
        .catch((error: unknown) => {
          answer.reject(error);
          send(400, "text/plain", "");
        });
    const found = folders.find((each) => path.startsWith(`${each.path}/`));
    const file = found && join(found.folder, normalize(path.slice(found.path.length)));
    if (found === undefined || file === undefined || !file.startsWith(found.folder + sep))
      return send(404, "text/plain", "");
    readFile(file).then(
      (content) => send(200, "text/javascript", content),
      (error: unknown) => {
        // Without one of its modules the page would never answer.
        answer.reject(error);
        send(404, "text/plain", "");
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("internal: a server without a port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    answered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of incoming) {
    text += String(piece);
    if (text.length > mostAnswer) throw new Error("the page's answer is too long");
  }
  return text;
}
