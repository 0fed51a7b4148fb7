import { createHash } from "node:crypto";
import { generator } from "../generator.js";
import { embeddedJson, html, type Markup, trusted } from "./markup.js";
import { pageStyle } from "./style.js";

/** What differs from page to page. */
export interface PageContent {
  readonly title: string;
  readonly description: string;
  /** Style of this page, after the common one. */
  readonly style: string;
  readonly body: Markup;
  /** What the script is mounted on. */
  readonly data: unknown;
  readonly script: string;
}

const hashSource = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * One self-contained HTML file. Its content security policy forbids every network request and every script
 * and style other than the two that it was written with, so nothing that a name smuggles in could run, and
 * the file opens anywhere offline.
 */
export function htmlPage(content: PageContent): string {
  const style = pageStyle + content.style;
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(content.script)}`,
    `style-src ${hashSource(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="${generator}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${content.description}">
<title>${content.title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${content.body}
<script type="application/json" id="data">${trusted(embeddedJson(content.data))}</script>
<script>${trusted(content.script)}</script>
</body>
</html>
`;
  return page.text;
}
