/** Puts everything that the first screen needs into one file, so that it takes one request; parts that come later stay apart. */
interface World {
    getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** The name of a module's chunk: "app" if it is reached from the entry without an `import()`. */
export function chunkOf(entry: string): (id: string, world: World) => string | null {
    let first: ReadonlySet<string> | null = null;
    return (id, world) => ((first ??= reached(entry, world)).has(id) ? "app" : null);
}

function reached(entry: string, world: World): ReadonlySet<string> {
    const found = new Set([entry]);
    for (const id of found) for (const next of world.getModuleInfo(id)?.importedIds ?? []) found.add(next);
    return found;
}
