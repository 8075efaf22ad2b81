import { renderPage } from '../shared/page.js';
import { NodesPage } from './nodes-page.js';

renderPage(<NodesPage />);
