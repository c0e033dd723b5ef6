/** The problems that an OpenAPI document gives as examples of its responses. */
interface Response {
    readonly content?: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { value: Problem }>> }>>;
}

interface Operation {
    readonly responses?: Readonly<Record<string, Response>>;
}

export interface Document {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly responses?: Readonly<Record<string, Response>> };
}

export interface Problem {
    readonly code: string;
    readonly status: number;
    readonly title: string;
}

/** Each problem once, by its code. */
export function problemsOf({ paths, components }: Document): Problem[] {
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const responses = [...operations, components].flatMap((one) => Object.values(one.responses ?? {}));
    const found = new Map<string, Problem>();
    for (const { content } of responses) {
        const examples = content?.["application/problem+json"]?.examples ?? {};
        for (const [code, { value }] of Object.entries(examples)) found.set(code, { ...value, code });
    }
    return [...found.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
}
