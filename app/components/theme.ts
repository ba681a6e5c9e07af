export const THEME_KEY = 'theme'

/** What this person chose; null: nothing yet, or storage is refused. */
export function storedTheme(): 'light' | 'dark' | null {
  try {
    const theme = localStorage.getItem(THEME_KEY)
    return theme === 'light' || theme === 'dark' ? theme : null
  } catch {
    return null
  }
}

/** Runs in the head, before the first paint: no flash of the other theme. */
export const themeScript = `try{var t=localStorage.getItem(${JSON.stringify(THEME_KEY)});if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch(e){}`
