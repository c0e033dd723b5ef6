/** Waits until the browser has drawn what there is to draw and rests, but at most a second. */
export function rest(): Promise<void> {
    return new Promise((resolve) => {
        if (typeof requestIdleCallback === "undefined") setTimeout(resolve);
        else requestIdleCallback(() => resolve(), { timeout: 1000 });
    });
}
