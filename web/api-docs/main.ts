/** The API reference: Swagger UI over the server's own OpenAPI document, and the problems that its answers link to. */
import "swagger-ui-dist/swagger-ui.css";
import "./page.css";

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

import { type Document, problemsOf } from "./problems.ts";
import { textPlugin } from "./text.ts";

const ADDRESS = "/api/openapi.json";
const dark = matchMedia("(prefers-color-scheme: dark)");
const wear = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", wear);
wear();

const spec = (await (await fetch(ADDRESS)).json()) as Document;
SwaggerUI({
    spec,
    dom_id: "#docs",
    deepLinking: false, // what is written after the # names a problem
    docExpansion: "none",
    filter: true,
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    syntaxHighlight: false,
    tryItOutEnabled: true,
    validatorUrl: null,
    plugins: [textPlugin],
});

const section = document.querySelector<HTMLElement>("#problems")!;
const list = document.createElement("dl");
for (const { code, status, title } of problemsOf(spec)) {
    const term = Object.assign(document.createElement("dt"), { id: code, textContent: `${status} ${code}` });
    list.append(term, Object.assign(document.createElement("dd"), { textContent: title }));
}
section.append(list);
section.hidden = false;
const asked = location.hash && document.getElementById(location.hash.slice(1));
if (asked) asked.scrollIntoView();
