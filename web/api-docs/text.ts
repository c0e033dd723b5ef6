/** Swagger UI writes descriptions as HTML, which the policy of the app refuses. They are text with `code` in it. */
interface System {
    readonly React: { createElement(name: string, properties: object | null, ...children: unknown[]): unknown };
}

export function textPlugin({ React }: System) {
    const Markdown = ({ source = "" }: { source?: string }) =>
        React.createElement(
            "div",
            { className: "markdown" },
            ...source
                .split(/\n{2,}/)
                .map((paragraph, at) => React.createElement("p", { key: at }, ...partsOf(paragraph, React))),
        );
    return { components: { Markdown } };
}

/** Text and code by turns. */
function partsOf(paragraph: string, React: System["React"]): unknown[] {
    return paragraph.split("`").map((part, at) => (at % 2 ? React.createElement("code", { key: at }, part) : part));
}
