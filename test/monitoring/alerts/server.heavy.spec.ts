import { playStories } from './alert-story.js';
import { SERVER_STORIES } from './server-stories.js';

// An hour is 6 s.
playStories(SERVER_STORIES, 600);
