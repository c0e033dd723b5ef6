/** Says something to screen readers: one polite and one assertive live region for the whole app. */

export type Urgency = "polite" | "assertive";

const regions = new Map<Urgency, HTMLElement>();

/** Creates both regions; a region has to exist before it says something. */
export function openAnnouncer(): void {
    for (const urgency of ["polite", "assertive"] as const) {
        if (regions.get(urgency)?.isConnected) continue;
        const region = document.createElement("div");
        region.className = "visually-hidden";
        region.setAttribute("role", urgency === "polite" ? "status" : "alert");
        region.setAttribute("aria-live", urgency);
        region.setAttribute("aria-atomic", "true");
        document.body.append(region);
        regions.set(urgency, region);
    }
}

/** Says `text`; the same text twice is said twice. */
export function announce(text: string, urgency: Urgency = "polite"): void {
    openAnnouncer();
    const region = regions.get(urgency)!;
    region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
