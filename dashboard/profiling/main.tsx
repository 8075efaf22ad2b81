import { renderPage } from '../shared/page.js';
import { ProfilingPage } from './profiling-page.js';
import './profiling.css';

renderPage(<ProfilingPage />);
