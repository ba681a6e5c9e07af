import '@fontsource-variable/figtree/index.css'
// Without the fonts of the theme: the site has that of the application.
import theme from 'vitepress/theme-without-fonts'
import './style.css'

export default theme
