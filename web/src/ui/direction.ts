/** The direction of writing; the page is drawn anew when the language changes. */
export function direction(): "ltr" | "rtl" {
    return typeof document !== "undefined" && document.documentElement.dir === "rtl" ? "rtl" : "ltr";
}
