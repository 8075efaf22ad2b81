import { renderPage } from '../shared/page.js';
import { NodePage } from './node-page.js';
import './node.css';

renderPage(<NodePage />);
